package mapping

import (
	"slices"
	"strings"

	"ticketd/internal/finding"
)

// groupHeadline makes the title of a group. A title is written once, often when the group has but
// one member, so that it may tell only what every later member will share: what the rule groups by,
// and what follows from that. A group by policy rule and asset group is called "Certificate expires
// soon · CA Business Unit", and one by asset "Findings · api.example.com". The fields are those of
// the rule's group_by.
func groupHeadline(s Subject, groupBy []string) string {
	f := s.Finding
	parts := []string{"Findings"}
	if slices.ContainsFunc(groupBy, tellsWhat) || slices.Contains(groupBy, fieldKind) {
		parts[0] = kindNoun(sameKind(s.Members))
	}
	if slices.ContainsFunc(groupBy, tellsWhat) {
		parts[0] = shorten(first(nature(f), parts[0]), maxHeadline)
	}
	for _, name := range groupBy {
		where := told(shown(f, name)...)
		if where != "" && !strings.Contains(strings.Join(parts, " · "), where) {
			parts = append(parts, shorten(where, maxHeadline/2))
		}
	}
	return shorten(strings.Join(parts, " · "), 2*maxHeadline)
}

// tellsWhat tells whether findings that agree in the field are of one nature.
func tellsWhat(name string) bool {
	return slices.Contains([]string{
		fieldParent, string(finding.Title), string(finding.Description), string(finding.IssueTypeID),
		string(finding.PolicyRule), string(finding.PolicyRuleType), string(finding.PolicyRuleTitle),
	}, name)
}

// nature says what findings are, "" where they do not tell.
func nature(f finding.Finding) string {
	return told(f.Get(finding.Title), f.Get(finding.PolicyRuleTitle), firstSentence(f.Get(finding.Description)))
}

// shown gives the attributes by which people may know what a field of a group stands for, the best
// first. All targets of a Mobile Secure finding are of one app.
func shown(f finding.Finding, name string) []string {
	switch {
	case name == fieldParent, name == string(finding.AppID):
		return []string{appCalled(f)}
	case tellsWhat(name), name == fieldKind:
		return nil
	}
	names := map[finding.Field]finding.Field{
		finding.AssetUUID:      finding.AssetName,
		finding.AssetGroupUUID: finding.AssetGroup,
		finding.PolicyUUID:     finding.Policy,
	}
	field := finding.Field(name)
	return []string{f.Get(names[field]), f.Get(field)}
}

// kindNoun is what findings of a kind are called.
func kindNoun(k finding.Kind) string {
	switch k {
	case finding.Target:
		return "Mobile Secure findings"
	case finding.Violation:
		return "Policy violations"
	case finding.Service:
		return "Network services"
	case finding.Parent:
	}
	return "Findings"
}
