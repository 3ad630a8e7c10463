// Package deliver makes issues true: it drives one tracker, claims a ticket that wants attention,
// compares what should be with what is, and performs the difference one recorded step at a time.
//
// The protocol that keeps it to one issue per finding, whatever is lost on the way, is described
// and argued in facts/reliability.md section 3; the names C1 to C7, S1 to S4 and K1 to K3 in the
// comments are its steps.
package deliver

import (
	"context"

	"ticketd/internal/ticket"
)

// Tracker is one Jira site or GitHub host with its credential.
//
// Every error is a *ticket.Error, and its decision is to be trusted: anything but ticket.Doubt says
// that nothing happened. Writes go out once. An empty answer of Find and a ticket.Missing of Read
// are only given after the credential and the project were seen to be good.
type Tracker interface {
	// Identity tells whose credential it is; the first call of a process.
	Identity(ctx context.Context) (ticket.Account, error)
	// Create makes an issue that carries the draft's marker, in one call.
	Create(ctx context.Context, d ticket.Draft) (ticket.Issue, error)
	// Writes tells what Create, or Update where no person changed anything, writes of a draft; of what it
	// cannot tell before it asks the tracker, nothing. It makes no call.
	Writes(d ticket.Draft) ticket.Written
	// Read gives an issue by its id.
	Read(ctx context.Context, r ticket.Ref) (ticket.Issue, error)
	// Find gives the issues that we created and that carry a marker, oldest first.
	Find(ctx context.Context, q ticket.Query) ([]ticket.Issue, error)
	// SetState brings an issue to a state and verifies it; it does nothing where it is there already.
	SetState(ctx context.Context, r ticket.Ref, c ticket.Change) (ticket.Issue, error)
	// Update rewrites what still stands as written.
	Update(ctx context.Context, r ticket.Ref, d ticket.Draft, w ticket.Written) (ticket.Issue, error)
	// Relabel puts labels on an issue and takes others off; what is so already is success. It touches no
	// other label, and may be repeated.
	Relabel(ctx context.Context, r ticket.Ref, add, remove []string) error
	// Comments gives our comments that carry a marker.
	Comments(ctx context.Context, r ticket.Ref) ([]ticket.Posted, error)
	// AddComment posts a comment and gives its id.
	AddComment(ctx context.Context, r ticket.Ref, c ticket.Comment) (string, error)
	// DeleteComment removes a comment; one that is not there is success.
	DeleteComment(ctx context.Context, r ticket.Ref, id string) error
}
