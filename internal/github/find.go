package github

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

const (
	perPage   = 100
	maxPages  = 20_000           // two million issues; more is a list without end
	clockSlip = 10 * time.Minute // by which GitHub's clock and ours may differ
)

// Find gives the issues that we created and that carry a marker, oldest first. It reads the
// repository's plain list of issues: the search index lags and splits words, and the list filtered by
// label comes from that index too (facts: github.md section 4). What is not fully read is an error,
// never an empty answer.
func (t *Tracker) Find(ctx context.Context, q ticket.Query) ([]ticket.Issue, error) {
	p, err := parsePlace(q.Project)
	if err != nil {
		return nil, invalid("find", err)
	}
	if err := t.know(ctx); err != nil {
		return nil, err
	}
	from := time.Time{}
	if !q.Since.IsZero() {
		from = q.Since.Add(-clockSlip)
	}
	found, seen := make(map[int]ticket.Issue), make(map[int]bool)
	next := url.Values{}
	for range maxPages {
		issues, following, err := t.page(ctx, p, next)
		if err != nil {
			return nil, err
		}
		fresh, older := false, false
		for _, i := range issues {
			fresh = fresh || !seen[i.GetNumber()]
			seen[i.GetNumber()] = true
			if i.GetCreatedAt().Before(from) {
				older = true
				continue
			}
			if m := t.issue(spot{p, i.GetNumber()}, i); m.Ours && wanted(q.Markers, m.Marker) {
				found[i.GetNumber()] = m
			}
		}
		switch {
		case older || following == nil:
			return slices.SortedFunc(maps.Values(found), oldestFirst), nil
		case !fresh:
			return nil, endless()
		}
		next = following
	}
	return nil, endless()
}

func endless() error {
	return &ticket.Error{Decision: ticket.Retry, Op: "find", Err: errors.New("the list of issues does not end")}
}

func wanted(markers []string, m string) bool {
	return ticketMarker.MatchString(m) && (len(markers) == 0 || slices.Contains(markers, m))
}

func oldestFirst(a, b ticket.Issue) int {
	return cmp.Or(cmp.Compare(len(a.Ref.ID), len(b.Ref.ID)), cmp.Compare(a.Ref.ID, b.Ref.ID))
}

// page reads one page of the list, newest first, and gives the parameters of the next one; nil at
// the end. go-github's own call has no cursor, which GitHub wants for large repositories.
func (t *Tracker) page(ctx context.Context, p place, next url.Values) ([]*gh.Issue, url.Values, error) {
	v := url.Values{"state": {"all"}, "sort": {"created"}, "direction": {"desc"}, "per_page": {strconv.Itoa(perPage)}}
	maps.Copy(v, next)
	var issues []*gh.Issue
	var resp *gh.Response
	x, err := t.call(ctx, "find", scope{place: p}, func(ctx context.Context, c *gh.Client) error {
		req, err := c.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/issues?%s", p, v.Encode()), nil)
		if err != nil {
			return err
		}
		resp, err = c.Do(ctx, req, &issues)
		return err
	})
	if err != nil {
		return nil, nil, t.renamed(ctx, p, x, err)
	}
	if err := complete(x, issues); err != nil {
		return nil, nil, unusable("find", x, err)
	}
	return issues, following(resp, next, len(issues)), nil
}

// isList tells whether an answer is a list. go-github takes an empty body for an empty one.
func isList(x *outbound.Exchange) bool {
	return x.Status == http.StatusOK && bytes.HasPrefix(bytes.TrimSpace(x.Body), []byte("["))
}

// complete sees to it that an answer is a list of issues: an empty list would mean that nothing was
// created.
func complete(x *outbound.Exchange, issues []*gh.Issue) error {
	if !isList(x) {
		return errors.New("the answer is no list of issues")
	}
	for _, i := range issues {
		if i.GetNumber() <= 0 || i.GetUser() == nil || i.GetCreatedAt().IsZero() {
			return errors.New("the answer lists an issue without a number, an author or a time")
		}
	}
	return nil
}

// following gives the parameters of the page after this one: as the Link header says, and the next
// number after a full page without one.
func following(resp *gh.Response, present url.Values, n int) url.Values {
	next := url.Values{}
	if resp.After != "" {
		next.Set("after", resp.After)
	}
	if resp.NextPage != 0 {
		next.Set("page", strconv.Itoa(resp.NextPage))
	}
	if len(next) == 0 && n == perPage {
		page, _ := strconv.Atoi(present.Get("page")) // absent on the first page, which is 0
		next.Set("page", strconv.Itoa(max(page, 1)+1))
	}
	if len(next) == 0 {
		return nil
	}
	return next
}
