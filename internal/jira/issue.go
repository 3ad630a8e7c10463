package jira

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ticketd/internal/ticket"
)

const (
	constantLabel   = "ticketd"
	propertyRef     = "ticketd.ref" // on issues: who made it, for which marker
	propertyComment = "ticketd.op"  // on comments: which operation
	timeLayout      = "2006-01-02T15:04:05.000-0700"
)

// status of an issue or target of a transition.
type status struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Category struct {
		Key string `json:"key"` // new, indeterminate, done, undefined
	} `json:"statusCategory"`
}

// open goes by the status category and never by the resolution, which may survive a reopening and
// may be empty on what is done (facts: jira.md section 3).
func (s status) open() bool { return s.Category.Key != "done" }

// is tells whether a name or id means this status.
func (s status) is(name string) bool { return s.ID == name || strings.EqualFold(s.Name, name) }

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (n *named) is(name string) bool {
	return n != nil && (n.ID == name || strings.EqualFold(n.Name, name))
}

type reference struct {
	Marker   string `json:"marker"`
	Instance string `json:"instance"`
}

// answer is an issue in an answer, with the fields that fieldList asks for.
type answer struct {
	ID     string `json:"id"`
	Key    string `json:"key"`
	Fields struct {
		Status       status               `json:"status"`
		Resolution   *named               `json:"resolution"`
		Creator      user                 `json:"creator"`
		Created      string               `json:"created"`
		Labels       []string             `json:"labels"`
		Project      struct{ Key string } `json:"project"`
		ArchivedDate string               `json:"archiveddate"`
		Priority     *named               `json:"priority"`
		Description  json.RawMessage      `json:"description"`
	} `json:"fields"`
	Properties map[string]json.RawMessage `json:"properties"`
}

func fieldList(more ...string) []string {
	return append([]string{"status", "resolution", "creator", "created", "labels", "project", "archiveddate"}, more...)
}

// valid tells whether the answer has the identity and the state that decisions are made of.
func (a answer) valid() bool {
	project := a.Fields.Project.Key
	return reID.MatchString(a.ID) && reKey.MatchString(a.Key) && a.Fields.Status.Category.Key != "" &&
		(project == "" || reProject.MatchString(project))
}

func (a answer) reference() reference {
	var r reference
	if json.Unmarshal(a.Properties[propertyRef], &r) != nil || !reMarker.MatchString(r.Marker) {
		return reference{}
	}
	return r
}

// marker gives the issue's marker: by the property, which people hardly reach, else by the label
// where there is one. Of several labels, which people can add, none is believed.
func (a answer) marker() string {
	if r := a.reference(); r.Marker != "" {
		return r.Marker
	}
	var found string
	for _, l := range a.Fields.Labels {
		if reMarker.MatchString(l) && l != found {
			if found != "" {
				return ""
			}
			found = l
		}
	}
	return found
}

func (t *Tracker) issue(a answer, ours func(user) bool) ticket.Issue {
	created, _ := time.Parse(timeLayout, a.Fields.Created) // zero where a site writes it otherwise
	i := ticket.Issue{
		Ref: t.ref(a.ID, a.Key, a.Fields.Project.Key), Marker: a.marker(), Open: a.Fields.Status.open(),
		Status: a.Fields.Status.Name, Ours: ours(a.Fields.Creator), Archived: a.Fields.ArchivedDate != "", Created: created,
	}
	if a.Fields.Resolution != nil {
		i.Reason = a.Fields.Resolution.Name
	}
	return i
}

// Read reads an issue by its numeric id, which stays when the issue moves; key, project and address
// in the answer are the present ones.
func (t *Tracker) Read(ctx context.Context, ref ticket.Ref) (ticket.Issue, error) {
	a, err := t.get(ctx, "read", ref)
	if err != nil {
		return ticket.Issue{}, err
	}
	ours, err := t.ours(ctx)
	if err != nil {
		return ticket.Issue{}, err
	}
	return t.issue(a, ours), nil
}

func (t *Tracker) get(ctx context.Context, op string, ref ticket.Ref, more ...string) (answer, error) {
	if err := checkRef(op, ref); err != nil {
		return answer{}, err
	}
	path, _, err := t.api(ctx, "issue", ref.ID)
	if err != nil {
		return answer{}, err
	}
	r := request{op: op, method: http.MethodGet, path: path,
		query: url.Values{"fields": {strings.Join(fieldList(more...), ",")}, "properties": {propertyRef}}}
	var a answer
	if err := t.do(ctx, r, &a); err != nil {
		return answer{}, t.missing(ctx, ref, err)
	}
	if !a.valid() || a.ID != ref.ID {
		return answer{}, &ticket.Error{Decision: ticket.Retry, Op: op, Status: http.StatusOK, Err: errNoIssue}
	}
	return a, nil
}
