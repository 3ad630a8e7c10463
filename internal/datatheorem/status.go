package datatheorem

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"ticketd/internal/finding"
)

// disposition decides by the status in the body, for a type whose verb the table does not know.
func disposition(name string, kind finding.Kind, data *object) (finding.Disposition, error) {
	for _, path := range []string{"policy_violation_status", "current_status", "target_status", "status"} {
		word, ok := data.text(path)
		if !ok {
			continue
		}
		if d := dispositionOf(word); d != "" {
			return d, nil
		}
		if excepted(name, word, kind, data) {
			return finding.WontFix, nil
		}
		return "", errors.New("the status in " + path + " is not known")
	}
	if excepted(name, "", kind, data) {
		return finding.WontFix, nil
	}
	return anyStatus(data)
}

// anyStatus looks at every member of the body that is called a status, and insists that those it
// understands say the same.
func anyStatus(data *object) (finding.Disposition, error) {
	var found finding.Disposition
	for _, path := range slices.Sorted(maps.Keys(data.members)) {
		name := strings.ToLower(path)
		if !strings.Contains(name, "status") || strings.Contains(name, "previous") || strings.Contains(name, "old") {
			continue
		}
		word, _ := data.text(path)
		d := dispositionOf(word)
		if d != "" && found != "" && d != found {
			return "", errors.New("the members that are called a status disagree")
		}
		if d != "" {
			found = d
		}
	}
	if found == "" {
		return "", errors.New("neither the type nor a status says whether it opens or closes")
	}
	return found, nil
}

// dispositionOf reads a status word of the Mobile or API Security Results API, "" when it is not
// known. CLOSED_PARTIALLY_FIXED is deprecated and not known on purpose.
func dispositionOf(word string) finding.Disposition {
	switch strings.TrimPrefix(strings.ToUpper(word), "CLOSED_") {
	case "NEW", "OPEN", "OPENED", "REOPENED", "OPEN_READY_TO_RESCAN":
		return finding.Open
	case "FIXED":
		return finding.Fixed
	case "RESOLVED", "BY_POLICY", "ITEM_NOT_FOUND": // ended without a fix that was seen and without a person
		return finding.Resolved
	case "RISK_ACCEPTED":
		return finding.RiskAccepted
	case "COMPENSATING_CONTROL":
		return finding.CompensatingControl
	case "WONT_FIX":
		return finding.WontFix
	}
	return ""
}

// excepted tells whether a violation was closed by a person: it is closed, and carries an
// exception. The API Security Results API tells a person's closing the same way.
func excepted(name, word string, kind finding.Kind, data *object) bool {
	closed := strings.EqualFold(word, "CLOSED") || word == "" && strings.HasSuffix(name, "_CLOSED")
	return kind == finding.Violation && closed &&
		data.has("exception_explanation", "exception_date_created", "exception_type")
}
