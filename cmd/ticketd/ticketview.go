package main

import (
	"time"

	"ticketd/internal/ticket"
	"ticketd/store"
)

// The JSON documents of the commands on tickets. Names stay; members may be added. A time is RFC
// 3339 in UTC, null where there is none.

// ticketList is the document of retry and ignore.
type ticketList struct {
	Tickets []ticketView `json:"tickets"`
}

// ticketView is one ticket.
type ticketView struct {
	ID         int64      `json:"id"`
	State      string     `json:"state"` // wanted, intent, doubt, live, closed, none, held, gone, ignored
	Issue      *issueView `json:"issue"` // null while none is known
	Previous   *issueView `json:"previous"`
	Tracker    string     `json:"tracker"`
	Project    string     `json:"project"`
	IssueType  string     `json:"issue_type"` // "" on GitHub
	Rule       string     `json:"rule"`
	Group      string     `json:"group"`  // key of the finding, or what several share
	Digest     bool       `json:"digest"` // the list of the rule's tickets that wait for their turn
	Turn       string     `json:"turn"`   // waits, or released: its turn has come; "": not in the line of a rule
	Generation int        `json:"generation"`
	Marker     string     `json:"marker"`
	Attempts   int        `json:"attempts"` // creates that may have had an effect
	Failures   int        `json:"failures"` // in a row
	ByPerson   bool       `json:"closed_by_person"`
	Reason     string     `json:"reason"`
	Hint       string     `json:"hint"`
	Due        *time.Time `json:"due"` // when it is worked on next
	Created    *time.Time `json:"created"`
	Updated    *time.Time `json:"updated"`
}

// issueView is an issue in its tracker.
type issueView struct {
	ID      string `json:"id"`
	Key     string `json:"key"`
	Project string `json:"project"`
	URL     string `json:"url"`
}

// ticketDetail is the document of show.
type ticketDetail struct {
	Ticket   ticketView    `json:"ticket"`
	Findings []findingView `json:"findings"`
	Waiting  []ticketView  `json:"waiting"` // of a digest: what waits for its turn, the longest waiting first
	Comments []commentView `json:"comments"`
	Record   []opView      `json:"record"` // the newest calls to the tracker, oldest first
}

// findingView is a finding behind a ticket.
type findingView struct {
	Key         string            `json:"key"` // kind/uuid
	Disposition string            `json:"disposition"`
	Parent      string            `json:"parent"`
	Fields      map[string]string `json:"fields"` // by the names that rules use
	Updated     *time.Time        `json:"updated"`
}

// commentView is a comment that ticketd wrote or wants to write.
type commentView struct {
	Op       string     `json:"op"`
	State    string     `json:"state"` // intent, doubt, posted, deleted, failed
	RemoteID string     `json:"remote_id"`
	Marker   string     `json:"marker"`
	Updated  *time.Time `json:"updated"`
}

// opView is one call to the tracker.
type opView struct {
	Name      string     `json:"name"`
	Outcome   string     `json:"outcome"` // ok, or what was decided about the failure
	Status    int        `json:"status"`  // of HTTP; 0: no answer
	Text      string     `json:"text"`
	RequestID string     `json:"request_id"`
	Started   *time.Time `json:"started"`
	Ended     *time.Time `json:"ended"`
}

func ticketsDocument(tickets []store.Ticket) ticketList {
	return ticketList{Tickets: views(tickets, viewTicket)}
}

// views gives a list that is never null in JSON.
func views[T, V any](all []T, view func(T) V) []V {
	out := make([]V, len(all))
	for i, one := range all {
		out[i] = view(one)
	}
	return out
}

func viewTicket(t store.Ticket) ticketView {
	return ticketView{
		ID: t.ID, State: string(t.State), Issue: viewIssue(t.Ref), Previous: viewIssue(t.Previous),
		Tracker: t.Destination.Tracker, Project: t.Destination.Project, IssueType: t.Destination.IssueType,
		Rule: t.Rule, Group: t.Group, Digest: t.Digest, Turn: string(t.Turn), Generation: t.Generation, Marker: t.Marker,
		Attempts: t.Attempts, Failures: t.Failures, ByPerson: t.Applied.ByPerson, Reason: t.Reason, Hint: t.Hint,
		Due: moment(t.Due), Created: moment(t.Created), Updated: moment(t.Updated),
	}
}

func viewIssue(r ticket.Ref) *issueView {
	if r.IsZero() {
		return nil
	}
	return &issueView{ID: r.ID, Key: r.Key, Project: r.Project, URL: r.URL}
}

func viewFinding(f store.Finding) findingView {
	fields := make(map[string]string, len(f.Fields))
	for name, value := range f.Fields {
		fields[string(name)] = value.Text
	}
	return findingView{
		Key: f.Key.String(), Disposition: string(f.Disposition), Parent: f.Parent.Text,
		Fields: fields, Updated: moment(f.Updated),
	}
}

func viewComment(c store.Comment) commentView {
	return commentView{Op: c.Op, State: string(c.State), RemoteID: c.RemoteID, Marker: c.Marker, Updated: moment(c.Updated)}
}

func viewOp(o store.Op) opView {
	return opView{
		Name: o.Name, Outcome: o.Outcome, Status: o.Status, Text: o.Text, RequestID: o.RequestID,
		Started: moment(o.Started), Ended: moment(o.Ended),
	}
}
