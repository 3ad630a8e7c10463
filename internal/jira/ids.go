package jira

import (
	"regexp"

	"ticketd/internal/ticket"
)

// What may go into a path or a query. go-jira resolves paths as references, so that an unchecked
// id leaves the API: "../../admin?x=1#" (facts: jira.md section 1).
var (
	reID      = regexp.MustCompile(`^[0-9]{1,19}$`)
	reKey     = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,254}-[0-9]{1,12}$`)
	reProject = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,254}$`)
	reMarker  = regexp.MustCompile(`^dtw-[0-9a-f]{24}$`)
	reComment = regexp.MustCompile(`^dtc-[0-9a-f]{24}$`)
)

// malformed is the refusal of an argument that must not leave the house.
func malformed(op, what string) error {
	return &ticket.Error{Decision: ticket.HoldTicket, Op: op, Message: what + " is malformed", Hint: "this is a stored value that was damaged, or a mistake in ticketd; nothing was sent"}
}

func checkRef(op string, ref ticket.Ref) error {
	if !reID.MatchString(ref.ID) {
		return malformed(op, "issue id")
	}
	return nil
}
