package ticket

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Decision is what to do about a call that did not succeed.
type Decision int

// The decisions. The first question is always whether the call may have had an effect: only Doubt
// says maybe, every other one says certainly not.
const (
	Retry           Decision = iota + 1 // nothing was sent, or the tracker said "later": again after a back-off
	Doubt                               // it may have had an effect: look before doing it again
	Pause                               // throttled: the whole tracker waits, see Error.After
	Slow                                // throttled for this one issue: only this ticket waits
	HoldTicket                          // refused for this ticket; a person must act
	HoldDestination                     // refused for the whole project or repository
	HoldTracker                         // the credential is refused
	Conflict                            // the issue changed meanwhile: read it again, decide again
	Missing                             // the issue is not to be seen; credential and project were checked and are good
	Gone                                // the issue is certainly deleted
	Refused                             // the workflow has no way to the wanted state
)

// String gives the decision's name for logs and the operations table.
func (d Decision) String() string {
	names := [...]string{"none", "retry", "doubt", "pause", "slow", "hold-ticket", "hold-destination",
		"hold-tracker", "conflict", "missing", "gone", "refused"}
	if d < 0 || int(d) >= len(names) {
		return "unknown"
	}
	return names[d]
}

// Decisions lists them.
func Decisions() []Decision {
	return []Decision{
		Retry, Doubt, Pause, Slow, HoldTicket, HoldDestination, HoldTracker, Conflict, Missing, Gone, Refused,
	}
}

// Error is a tracker's refusal or failure with the decision it leads to.
type Error struct {
	Decision  Decision
	Op        string            // what was tried: "create", "search", "transition"
	Status    int               // HTTP status, 0 when there was no answer
	Message   string            // the tracker's own words, cut and made printable
	Fields    map[string]string // the tracker's words per field
	Hint      string            // what a person can do
	After     time.Duration     // for Pause and Slow: how long, clamped to [1 s, 1 h]; 0 unknown
	Secondary bool              // of Pause: the pace was too high, no quota is used up (GitHub's secondary limits)
	RequestID string            // the tracker's id of the request, for its support
	Err       error             // cause, may be nil; never holds a credential or a body
}

// Error gives one line: what was tried, the status, the tracker's words, all field errors sorted.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": HTTP %d", e.Status)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		b.WriteString("; " + name)
		if words := e.Fields[name]; words != "" {
			b.WriteString(": " + words)
		}
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// AsError gives the Error that an error is or wraps. One that carries no decision is in doubt: it is
// never safe to assume that nothing happened.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Decision: Doubt, Err: err}
}

// DecisionOf gives the decision that an error carries, as [AsError] does.
func DecisionOf(err error) Decision { return AsError(err).Decision }
