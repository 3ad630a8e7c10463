package daemon

import (
	"time"

	"ticketd/store"
)

// The names of the stages, in the order of an event's way.
const (
	StageReceive = "receive"
	StageApply   = "apply"
	StageDeliver = "deliver"
)

// Status is what there is to say of a ticketd at a glance: the document of `ticketd status --json` and
// of GET /status on the control socket. Names stay; members may be added. A time is RFC 3339 in UTC and
// left out where there is none.
type Status struct {
	Running   bool      `json:"running"` // false: this is what the database alone says
	Version   string    `json:"version,omitempty"`
	Instance  string    `json:"instance,omitempty"`
	Started   time.Time `json:"started,omitzero"`
	Now       time.Time `json:"now"`              // by the clock of who answers
	Ready     bool      `json:"ready"`            // events are accepted and worked on
	Reason    string    `json:"reason,omitempty"` // why it is not ready
	Attention []string  `json:"attention"`        // what a person must look at, each in a sentence; empty: nothing

	Backlog   []Backlog                 `json:"backlog"`
	Trackers  []TrackerStatus           `json:"trackers"` // by name
	Tickets   map[store.TicketState]int `json:"tickets"`  // states that no ticket is in are left out
	Held      HeldStatus                `json:"held"`
	Unrouted  int                       `json:"unrouted"` // findings that no rule matches
	LastEvent *LastEvent                `json:"last_event,omitempty"`
	LastError *LastError                `json:"last_error,omitempty"` // since the start
	Store     StoreStatus               `json:"store"`
	Unknown   string                    `json:"unknown,omitempty"` // what could not be read, so that its numbers are missing above
}

// Backlog is what waits before a stage and could be worked on now. A ticket that waits for a time that
// was planned, such as an audit or its turn under max_new_per_hour, is none.
type Backlog struct {
	Stage   string `json:"stage"`             // receive, apply or deliver
	Tracker string `json:"tracker,omitempty"` // of deliver
	Waiting int    `json:"waiting"`
	Oldest  int64  `json:"oldest_seconds"` // how long the first of them has waited; 0 where none does
}

// TrackerStatus is what there is to say of one tracker.
type TrackerStatus struct {
	Name   string    `json:"name"`
	State  string    `json:"state"`                 // in words; "ok" where nothing is wrong, "not paused" where no daemon tells
	Unwell bool      `json:"unwell"`                // the last call got no answer, or none that says anything
	Since  time.Time `json:"unwell_since,omitzero"` // of all calls that ended so, the first since the start
	Pauses []Pause   `json:"pauses"`                // that last, the one of the whole tracker first
	Quotas []Quota   `json:"quotas"`                // as its newest answers told
	Doing  *Doing    `json:"doing,omitempty"`
}

// Quota is what is left of one of a tracker's rate limits.
type Quota struct {
	Resource  string    `json:"resource"`       // which one
	Limit     int64     `json:"limit"`          // calls that it allows; 0: not told
	Remaining int64     `json:"remaining"`      // of them that are left
	Reset     time.Time `json:"reset,omitzero"` // when they are all there again
}

// Doing is the step that is under way with a tracker.
type Doing struct {
	Action string    `json:"action"` // such as "create"
	Ticket int64     `json:"ticket"` // as `ticketd tickets show` takes it
	Since  time.Time `json:"since"`
}

// Pause is a time in which a tracker, or one project of it, is left alone.
type Pause struct {
	Project string    `json:"project,omitempty"` // or repository; "": the whole tracker
	Kind    string    `json:"kind"`              // throttled, credential, refused or restored
	Reason  string    `json:"reason"`            // the tracker's own words
	Until   time.Time `json:"until"`             // when it is tried again
}

// HeldStatus tells of the tickets that a person must act on.
type HeldStatus struct {
	Count   int                `json:"count"`
	Reasons map[store.Held]int `json:"reasons"` // how many for each sort of reason; "" of those that were held before it was kept
	Newest  []HeldTicket       `json:"newest"`  // a few
}

// HeldTicket is a ticket that a person must act on.
type HeldTicket struct {
	ID      int64     `json:"id"`              // as `ticketd tickets show` takes it
	Issue   string    `json:"issue,omitempty"` // key; "" while there is none
	Tracker string    `json:"tracker"`
	Project string    `json:"project"`
	Rule    string    `json:"rule"`
	Reason  string    `json:"reason"`
	Hint    string    `json:"hint"`
	Since   time.Time `json:"since"` // when the row changed last
}

// LastEvent is the newest body that was accepted.
type LastEvent struct {
	Seq      int64     `json:"seq"`
	Received time.Time `json:"received"` // when it came last
	Source   string    `json:"source"`   // name of the credential that it came with
	Type     string    `json:"type,omitempty"`
	State    string    `json:"state"`
}

// StoreStatus is what the database takes of its disk, in bytes.
type StoreStatus struct {
	Path     string `json:"path"`
	Database int64  `json:"database_bytes"`
	Log      int64  `json:"log_bytes"`  // of the write-ahead log
	Free     int64  `json:"free_bytes"` // left on that file system
}
