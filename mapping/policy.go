package mapping

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Regression says what happens when a finding opens again whose ticket a person had closed.
type Regression string

// The answers to a regression.
const (
	RegressionReopen  Regression = "reopen"  // reopen the issue and say why
	RegressionNew     Regression = "new"     // a new issue that names the old one
	RegressionComment Regression = "comment" // leave it closed, but say so
	RegressionNothing Regression = "nothing"
)

func regressions() []string {
	return []string{string(RegressionReopen), string(RegressionNew), string(RegressionComment), string(RegressionNothing)}
}

// DefaultReopenWithin is how long after its closing an issue is reopened rather than followed by a
// new one, where no rule says otherwise.
const DefaultReopenWithin = 90 * 24 * time.Hour

// Policy says when a ticket is made, reopened and commented.
type Policy struct {
	TicketClosed bool          // also make a ticket for a finding that was closed before it had one
	OnRegression Regression    // never empty
	ReopenWithin time.Duration // 0: an issue that we closed is never reopened
	Notes        bool          // notes become comments

	ClosePersonClosed bool   // bring a ticket that a person closed to the outcome of a closing, too
	MaxNewPerHour     int    // new tickets of the rule in any hour; 0: no bound
	RefusedLabel      string // of a ticket that the workflow does not let close or reopen; never empty
}

// DefaultRefusedLabel is Policy.RefusedLabel where no rule says otherwise.
const DefaultRefusedLabel = "ticketd-refused"

// errDuration is what every duration that cannot be used comes to.
var errDuration = errors.New("not a duration")

// maxDays keeps days within what a time.Duration can hold (about 292 years).
const maxDays = 100 * 365

// parseDuration reads a Go duration ("36h") or whole days ("30d"). It must not be negative.
func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > maxDays {
			return 0, errDuration
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, errDuration
	}
	return d, nil
}

func parseRegression(s string) (Regression, bool) {
	return Regression(s), slices.Contains(regressions(), s)
}
