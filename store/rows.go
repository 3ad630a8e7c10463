// Package store keeps events, findings, notes, tickets and their schedule in SQLite. It holds the
// only SQL of the program; an exported method is one transaction.
//
//	ticket:  wanted ─▶ intent ─▶ live ⇄ closed
//	   │        │         │        └─▶ gone
//	   ▼        │         └─▶ doubt ─(Q, search)─▶ live | wanted
//	  none      └─▶ held (a person must act)          ignored (a person said so)
//
// A ticket that is wanted, or in doubt and looked for in vain, may wait for its turn: see [Turn].
package store

import (
	"errors"
	"time"

	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// Errors that callers tell apart. Every other error means that the store is in trouble and that
// nothing was written.
var (
	ErrFenced   = errors.New("the lease was lost: somebody else owns the ticket now")
	ErrNotFound = errors.New("not found")
	ErrLocked   = errors.New("another ticketd has this database open")
	ErrNewer    = errors.New("the database was written by a newer ticketd")
	ErrBusy     = errors.New("the store is busy: try again later")
	ErrFull     = errors.New("the disk is full")
	ErrDamaged  = errors.New("the database is damaged")
	ErrDisk     = errors.New("the disk answers with an error")
	ErrSuspect  = errors.New("the disk did not confirm what was written to it: the database must be opened and checked again")
	ErrReadOnly = errors.New("the database, or the folder it is in, cannot be written")

	ErrNoDatabase = errors.New("this is no database of ticketd")
	ErrClosed     = errors.New("the store is closed")
)

// EventState is what became of a stored body.
type EventState string

// The states of an event.
const (
	EventNew       EventState = "new"       // stored, not looked at yet
	EventApplied   EventState = "applied"   // folded into a finding or a note
	EventProbe     EventState = "probe"     // Data Theorem's set-up probe
	EventPersonal  EventState = "personal"  // a user event: counted, its body erased
	EventUnhandled EventState = "unhandled" // of a type the table does not know
	EventUnparsed  EventState = "unparsed"  // not JSON, ambiguous, or without what is needed
)

// Event is one stored body.
type Event struct {
	Seq      int64
	Digest   string // SHA-256 of the body, hex; unique
	Damaged  bool   // the body is not what was accepted: the disk changed it
	Body     []byte // exact bytes; empty once erased
	Source   string // name of the token or capability it came with
	Received time.Time
	LastSeen time.Time // when the same body came last
	Seen     int       // how often it came
	State    EventState
	Type     string      // as sent; "" when unknown
	Key      finding.Key // what it is about; zero when unknown
	Reason   string      // why it is unhandled or unparsed; of an applied one, that it does not tell its time
}

// Incoming is a body to be accepted.
type Incoming struct {
	Body     []byte
	Source   string
	Received time.Time
}

// Accepted is the receipt of a body.
type Accepted struct {
	Seq  int64
	Seen int // 1 for a new body, more for a repeated one
}

// Finding is a folded finding with where it was routed.
type Finding struct {
	finding.Finding
	Rule     string // name of the rule that matched; "" while unrouted
	TicketID int64  // 0 while it has no ticket row
	Event    int64  // Seq of the event that changed it last, for the log
	Updated  time.Time
}

// TicketState is the state of a ticket row.
type TicketState string

// The states of a ticket.
const (
	TicketWanted  TicketState = "wanted"  // to be created; nothing was ever sent that may have had an effect
	TicketIntent  TicketState = "intent"  // the create call is committed and may be under way
	TicketDoubt   TicketState = "doubt"   // a create may have had an effect; quiet period, then search
	TicketLive    TicketState = "live"    // an open issue is known
	TicketClosed  TicketState = "closed"  // a closed issue is known
	TicketNone    TicketState = "none"    // the finding closed before it had an issue: none is needed
	TicketHeld    TicketState = "held"    // a person must act: Reason and Hint say on what
	TicketGone    TicketState = "gone"    // the issue was deleted
	TicketIgnored TicketState = "ignored" // a person said so
)

// Held says in a word that can be counted why a ticket is held; Ticket.Reason says it in full.
type Held string

// The sorts of reasons. The one of a ticket that was held before they were kept is empty.
const (
	HeldRejected Held = "rejected" // the tracker does not take what the rule asks for: a field, a value, a text
	HeldWorkflow Held = "workflow" // the workflow has no way to the wanted state
	HeldTemplate Held = "template" // a template of the rule fails on the finding
	HeldInternal Held = "internal" // a mistake of ours
)

// HeldReasons lists them.
func HeldReasons() []Held { return []Held{HeldRejected, HeldWorkflow, HeldTemplate, HeldInternal} }

// TicketStates lists the states in the order of a ticket's life.
func TicketStates() []TicketState {
	return []TicketState{
		TicketWanted, TicketIntent, TicketDoubt, TicketLive, TicketClosed, TicketNone, TicketHeld, TicketGone, TicketIgnored,
	}
}

// Applied is what the issue is known to reflect. It is only as true as Known: that is cleared,
// durably, before any call that changes the issue, and after a restored backup.
type Applied struct {
	Known       bool                `json:"known"`
	Disposition finding.Disposition `json:"disposition"` // the last one brought to the issue
	Status      finding.Stamp       `json:"status"`      // stamp of that disposition
	Opened      finding.Stamp       `json:"opened"`      // newest opening that the issue reflects
	Draft       string              `json:"draft"`       // digest of the last draft written
	Sent        int64               `json:"sent"`        // Unix seconds on our own clock by which the newest create was over
	Written     ticket.Written      `json:"written"`
	ClosedAt    int64               `json:"closed_at"` // Unix seconds when we closed it; 0 while open
	ByPerson    bool                `json:"by_person"` // a person closed it, and that is respected
	Refused     finding.Stamp       `json:"refused"`   // stamp of the disposition that the workflow refused; zero: none
	Reopened    finding.Stamp       `json:"reopened"`  // stamp of the disposition for which we reopened it; zero: never
	Adopted     bool                `json:"adopted"`   // found, not made by this row: comments may exist that it does not know

	// Labelled is the label that says that the workflow refused, where it is on the issue or may be; ""
	// none. LabelledFor is the stamp of the refusal for which it was put on, or would not be taken.
	Labelled    string        `json:"labelled,omitempty"`
	LabelledFor finding.Stamp `json:"labelled_for,omitzero"`

	// Of a group; keys are finding.Key.String(). Told is what the text and comments have told
	// of its members; nil: not known, or too many to tell of one by one. Telling is what a comment under way, the operation TellingOp,
	// brings that to; it is durable with the comment's intent, so that a repetition says the same.
	Told      map[string]finding.Disposition `json:"told,omitempty"`
	Telling   map[string]finding.Disposition `json:"telling,omitempty"`
	TellingOp string                         `json:"telling_op,omitempty"`
	Gathering int64                          `json:"gathering,omitempty"` // Unix seconds since when changes wait to be told together; 0: none do
	Unwritten string                         `json:"unwritten,omitempty"` // digest of the draft that the tracker refused for certain before a closing
}

// Turn is where a ticket stands in the line of its rule, which makes only so many an hour.
type Turn string

// The turns.
const (
	TurnNone     Turn = ""         // not in the line
	TurnWaits    Turn = "waits"    // waits for its turn, without being due
	TurnReleased Turn = "released" // its turn has come, and it is not made yet
)

// Ticket is one ticket row: the link between findings and at most one issue.
type Ticket struct {
	ID          int64
	Group       string // what shares the ticket: the key of a single finding, a group, or the digest of a rule
	Digest      bool   // the list of the rule's tickets that wait for their turn; it has no findings of its own
	Generation  int    // 1, and one more for each issue that follows an older one of the same group
	Marker      string
	Destination ticket.Destination
	Rule        string
	State       TicketState
	Ref         ticket.Ref
	Previous    ticket.Ref // the issue of the generation before; zero for the first

	Attempts     int       // creates whose outcome was not a certain refusal
	SendDeadline time.Time // the last moment at which the newest create may have been sent
	AttemptEnd   time.Time // when its outcome was seen; zero when it never was
	Made         time.Time // when the newest create was sent, on our own clock; zero when none was
	Turn         Turn
	Applied      Applied
	Misses       int       // consecutive reads that did not find the issue
	FirstMiss    time.Time // the first of them
	Failures     int       // consecutive failures, for the back-off
	AuditAt      time.Time // next search for late duplicates; zero: none due
	Reason       string    // why it is held, gone or waiting, in words
	Hint         string    // what a person can do
	Held         Held      // the sort of Reason, of a held one; else empty

	Version int64     // raised whenever the findings or notes behind it change
	Token   int64     // fence: raised by every claim
	Due     time.Time // when it wants attention: ready, retry-at or lease-end; zero: nothing wanted
	Created time.Time
	Updated time.Time
}

// CommentState is the state of a comment operation.
type CommentState string

// The states of a comment.
const (
	CommentIntent  CommentState = "intent"  // the call is committed and may be under way
	CommentDoubt   CommentState = "doubt"   // may have been posted
	CommentPosted  CommentState = "posted"  // is there
	CommentDeleted CommentState = "deleted" // was deleted, or never needed
	CommentFailed  CommentState = "failed"  // refused for good
)

// Comment is one comment operation of a ticket. Op is unique within the ticket: "note/<id>",
// "state/<stamp>", "regression/<stamp>", "refused/<stamp>", "members/<digest>"; on the ticket of a group
// "note/<parent or finding>/<id>".
type Comment struct {
	TicketID     int64
	Op           string
	Marker       string
	State        CommentState
	RemoteID     string
	Attempts     int
	SendDeadline time.Time
	AttemptEnd   time.Time
	Updated      time.Time
}

// Op is one line of the record of tracker calls, for people.
type Op struct {
	TicketID  int64
	Name      string // "create", "close", "comment", …
	Started   time.Time
	Ended     time.Time
	Outcome   string // "ok" or the decision
	Status    int    // HTTP status, 0 when none
	Text      string // what happened, in words
	RequestID string
}

// Work is a claimed ticket with all that decides what is to be done.
type Work struct {
	Ticket   Ticket
	Findings []Finding      // the members of its group, oldest first; of a digest what it lists, in the order of the line
	Notes    []finding.Note // written on the members or their parents, by creation
	Comments []Comment
	More     int  // of a digest: how many findings wait beyond the MaxListed in Findings
	Followed bool // of a digest: a newer generation took its place
}

// Claim asks for the next ticket of a tracker that wants attention.
type Claim struct {
	Tracker string
	Now     time.Time
	Lease   time.Duration
	Skip    []string // projects that are paused
}

// Record is what a step writes: the row as it should be, under the fence of its Token.
type Record struct {
	Ticket   Ticket // all columns but Group, Generation, Version, Token and Due are written
	Comments []Comment
	Op       *Op
	Done     bool      // gives the lease back
	Due      time.Time // with Done: when it wants attention next; zero: not before something changes
	// Next, when set, is created as the following generation of the group; the findings move to it.
	Next *Ticket
	// Digest, when set, is the digest of the line that the ticket joins, leaves or waits in. Its newest
	// generation is woken to be due at Digest.Due, or earlier where it is due already; where there is
	// none, this one is added.
	Digest *Ticket
}

// Line is the line of a rule's tickets at one place, where the rule makes only so many an hour.
type Line struct {
	Destination ticket.Destination // of the ticket that waits longest
	Rule        string
	Waiting     bool      // whether any ticket waits
	Released    int       // whose turn has come and that are not made yet
	Made        int       // whose newest create was sent since the time asked for; digests do not count
	First       time.Time // when the first of those was sent; zero where there is none
}

// Scope is a tracker (Project "") or one project of it, with its pause and its audit.
type Scope struct {
	Tracker     string
	Project     string
	PausedUntil time.Time // zero: not paused
	PauseReason string
	PauseKind   string    // "throttled", "credential", "refused"
	Pauses      int       // consecutive, for the back-off
	AuditedAt   time.Time // when our existing tickets were last listed; zero: never
	Slowed      float64   // pacing factor ≥ 1 after secondary limits
}

// Sighting is an issue of ours that an audit saw and no ticket row knows.
type Sighting struct {
	Tracker string
	Marker  string
	Ref     ticket.Ref
	Open    bool
	Created time.Time
}

// EventFilter selects events; zero members do not restrict.
type EventFilter struct {
	States []EventState
	Type   string
	After  int64 // Seq greater than
	Limit  int   // 0: 100
}

// TicketFilter selects tickets; zero members do not restrict.
type TicketFilter struct {
	States  []TicketState
	Tracker string
	Project string
	Limit   int // 0: 100
}

// Counts are the numbers of a status screen.
type Counts struct {
	Events   map[EventState]int
	Tickets  map[TicketState]int
	Unrouted int
}
