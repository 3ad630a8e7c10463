package jira

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"ticketd/internal/ticket"
)

const (
	pageSize       = 100
	maxPages       = 20_000 // two million issues: beyond it something goes in circles
	markersPerCall = 20
)

// Errors of a search that cannot be believed.
var (
	errCircle = errors.New("the search goes in circles")
	errPages  = errors.New("the search has more pages than the cap")
)

// Find gives the issues of ours with a marker, oldest first. Nothing found is an answer only after
// the credential and the project were checked; a search that fails is never "nothing".
//
// The index lags by seconds to minutes on Cloud: who just created must wait (facts: jira.md 4).
func (t *Tracker) Find(ctx context.Context, q ticket.Query) ([]ticket.Issue, error) {
	if !reProject.MatchString(q.Project) {
		return nil, malformed("search", "project key")
	}
	for _, m := range q.Markers {
		if !reMarker.MatchString(m) {
			return nil, malformed("search", "marker")
		}
	}
	ours, err := t.ours(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]ticket.Issue{}
	for _, jql := range queries(q) {
		if err := t.collect(ctx, q, jql, ours, found); err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		if err := t.gate(ctx, "search", q.Project); err != nil {
			return nil, err
		}
	}
	issues := make([]ticket.Issue, 0, len(found))
	for _, i := range found {
		issues = append(issues, i)
	}
	slices.SortFunc(issues, func(a, b ticket.Issue) int { return byNumber(a.Ref.ID, b.Ref.ID) })
	return issues, nil
}

// byNumber orders ids, which are digits, by their value.
func byNumber(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// queries writes the JQL, of checked project keys and markers only. The text clause finds issues
// of projects whose screen has no labels.
func queries(q ticket.Query) []string {
	head, tail := `project = "`+q.Project+`" AND (`, `)`
	if !q.Since.IsZero() {
		// JQL reads dates in the time zone of the account; the exact bound is kept in collect.
		tail += ` AND created >= "` + q.Since.UTC().AddDate(0, 0, -2).Format("2006-01-02") + `"`
	}
	tail += ` ORDER BY created ASC`
	if len(q.Markers) == 0 {
		return []string{head + `labels = "` + constantLabel + `" OR text ~ "\"` + referenceWord + `dtw\""` + tail}
	}
	var out []string
	for some := range slices.Chunk(q.Markers, markersPerCall) {
		out = append(out, head+`labels in ("`+strings.Join(some, `", "`)+`") OR text ~ "\"`+strings.Join(some, `\"" OR text ~ "\"`)+`\""`+tail)
	}
	return out
}

func (t *Tracker) collect(ctx context.Context, q ticket.Query, jql string, ours func(user) bool, found map[string]ticket.Issue) error {
	answers, err := t.search(ctx, q.Project, jql)
	if err != nil {
		return err
	}
	for _, a := range answers {
		if !ours(a.Fields.Creator) {
			continue
		}
		if a.marker() == "" { // only the property can tell, and this search may not give it
			whole, err := t.get(ctx, "search", t.ref(a.ID, a.Key, a.Fields.Project.Key))
			if err != nil && ticket.DecisionOf(err) == ticket.Missing {
				continue // deleted since it was indexed
			}
			if err != nil {
				return err
			}
			a = whole
		}
		if i := t.issue(a, ours); t.wanted(q, a, i) {
			found[i.Ref.ID] = i
		}
	}
	return nil
}

// wanted keeps what the query asked for. Without markers, issues of another instance are not ours.
func (t *Tracker) wanted(q ticket.Query, a answer, i ticket.Issue) bool {
	switch {
	case i.Marker == "", !q.Since.IsZero() && !i.Created.IsZero() && i.Created.Before(q.Since):
		return false
	case len(q.Markers) > 0:
		return slices.Contains(q.Markers, i.Marker)
	}
	r := a.reference()
	return r.Marker == "" || r.Instance == t.o.Instance
}

func (t *Tracker) search(ctx context.Context, project, jql string) ([]answer, error) {
	cloud, err := t.cloud(ctx)
	if err != nil {
		return nil, err
	}
	var all []answer
	if cloud {
		all, err = t.searchCloud(ctx, jql)
	} else {
		all, err = t.searchDataCenter(ctx, jql)
	}
	if err != nil {
		return nil, t.searchFailed(ctx, project, err)
	}
	for _, a := range all {
		if !a.valid() {
			return nil, unbelievable(errNoIssue)
		}
	}
	return all, nil
}

// searchCloud pages through POST search/jql by token. `isLast` is reported to be unreliable: only a
// missing token ends it (facts: jira.md section 2).
func (t *Tracker) searchCloud(ctx context.Context, jql string) ([]answer, error) {
	var all []answer
	seen := map[string]bool{}
	body := map[string]any{"jql": jql, "maxResults": pageSize, "fields": fieldList(), "properties": []string{propertyRef}}
	for range maxPages {
		var page struct {
			Issues        *[]answer `json:"issues"`
			NextPageToken string    `json:"nextPageToken"`
		}
		if err := t.do(ctx, request{op: "search", method: http.MethodPost, path: "rest/api/3/search/jql", body: body, read: true}, &page); err != nil {
			return nil, err
		}
		if page.Issues == nil {
			return nil, unbelievable(errNoIssue)
		}
		all = append(all, *page.Issues...)
		switch {
		case page.NextPageToken == "":
			return all, nil
		case seen[page.NextPageToken]:
			return nil, unbelievable(errCircle)
		}
		seen[page.NextPageToken] = true
		body["nextPageToken"] = page.NextPageToken
	}
	return nil, unbelievable(errPages)
}

// searchDataCenter pages through POST search by position; the server may give smaller pages than
// asked for.
func (t *Tracker) searchDataCenter(ctx context.Context, jql string) ([]answer, error) {
	var all []answer
	for range maxPages {
		body := map[string]any{"jql": jql, "startAt": len(all), "maxResults": pageSize, "fields": fieldList()}
		var page struct {
			Issues *[]answer `json:"issues"`
			Total  *int      `json:"total"`
		}
		if err := t.do(ctx, request{op: "search", method: http.MethodPost, path: "rest/api/2/search", body: body, read: true}, &page); err != nil {
			return nil, err
		}
		if page.Issues == nil || page.Total == nil {
			return nil, unbelievable(errNoIssue)
		}
		all = append(all, *page.Issues...)
		switch {
		case len(all) >= *page.Total:
			return all, nil
		case len(*page.Issues) == 0:
			return nil, unbelievable(errCircle)
		}
	}
	return nil, unbelievable(errPages)
}

func unbelievable(cause error) *ticket.Error {
	return &ticket.Error{Decision: ticket.Retry, Op: "search", Status: http.StatusOK, Err: cause}
}

// searchFailed says why a search was refused: a 400 is how Jira answers for a project that is out
// of sight, which the gates tell apart from a mistake in the query.
func (t *Tracker) searchFailed(ctx context.Context, project string, err error) error {
	if _, ok := refused(err, http.StatusBadRequest); ok {
		if gate := t.gate(ctx, "search", project); gate != nil {
			return gate
		}
	}
	return amend(err, func(e *ticket.Error) {
		switch {
		case e.Status == http.StatusGone, e.Status == http.StatusNotFound:
			e.Hint = hintSearchGone
		case e.Status == http.StatusBadRequest && e.Decision == ticket.HoldTicket:
			e.Decision = ticket.HoldDestination
		}
	})
}
