package github

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// role is what our account may do in the repository, as GitHub tells it; of a GitHub App it tells
// nothing that counts (facts: github.md section 10).
type role struct {
	known  bool
	decide bool // labels, assignees and milestone are taken from it: triage or more
	push   bool // it may make labels
}

// repository looks at the repository and at what the account may do there. It tells whether issues
// can be made.
func (e *examination) repository(ctx context.Context) bool {
	r, x, err := e.t.repository(ctx, e.place)
	if err != nil {
		e.noRepository(ctx, x, err)
		return false
	}
	for _, fault := range []struct {
		is         bool
		text, hint string
	}{
		{r.GetArchived(), " is archived, which makes it read-only", "unarchive it, or name another"},
		{r.GetDisabled(), " is disabled by GitHub", "ask GitHub's support, or name another"},
		{r.HasIssues != nil && !*r.HasIssues, " has issues switched off", "switch them on in its settings, or name another"},
	} {
		if fault.is {
			e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkRepository, Text: e.place.String() + fault.text, Hint: fault.hint})
			return false
		}
	}
	e.well(checkRepository, e.place.String()+" is there and has issues", nil)
	return e.t.o.App != nil || e.mayWrite(r)
}

// noRepository says why the repository could not be read.
func (e *examination) noRepository(ctx context.Context, x *outbound.Exchange, err error) {
	if now, known := e.t.presentName(ctx, e.place, x); known {
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkRepository, Text: e.place.String() + " is called " + now.String() + " now",
			Hint: "use that name; ticketd does not follow a repository by itself", Paste: "repository = " + strconv.Quote(now.String())})
		return
	}
	if x.Status != http.StatusNotFound {
		e.trouble(checkRepository, e.place.String(), nil, err)
		return
	}
	hint := "check the name; a fine-grained token must list the repository, and its organization may have to approve the token"
	switch {
	case e.t.o.App != nil:
		hint = "check the name, and that the GitHub App is installed on it"
	case e.scopes != nil && !e.scopes.has("repo"):
		hint = "check the name; the token lacks the scope repo, without which it sees no private repository"
	case e.scopes != nil:
		hint = "check the name, and that the account has access to it"
	}
	e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkRepository,
		Text: e.place.String() + " does not exist, or the credential may not see it", Hint: hint})
}

// mayWrite looks at the account's role and at the token's scopes.
func (e *examination) mayWrite(r *gh.Repository) bool {
	can := r.GetPermissions()
	e.role = role{known: can != nil, push: can["push"] || can["maintain"] || can["admin"]}
	e.role.decide = e.role.push || can["triage"]
	name := e.place.String()
	switch {
	case e.scopes != nil && !e.scopes.has("repo", "public_repo"):
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkPermissions, Text: "the token may read " + name + ", but write nothing",
			Hint: "give it the scope public_repo, or repo for private repositories"})
		return false
	case e.role.known && !e.role.decide:
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: checkPermissions,
			Text: "the account has no more than read access to " + name + ": GitHub leaves out labels, assignees and milestones without a word",
			Hint: "give the account the role Triage, or Write so that it may make labels too"})
	case e.scopes != nil && can["admin"]:
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: checkPermissions, Text: "the account administers " + name + ", which is more than ticketd needs",
			Hint: "the role Write is enough"})
	case e.scopes == nil && !e.need.Cheap:
		e.add(ticket.Symptom{Severity: ticket.Unknown, Check: checkPermissions,
			Text: "GitHub does not tell beforehand whether a fine-grained token may write issues of " + name,
			Hint: "check that the token has Issues: read and write there"})
	default:
		e.well(checkPermissions, "issues of "+name+" may be written", nil)
	}
	return true
}

// issues reads the newest issue, to see that issues can be read, and whether the host knows reasons.
func (e *examination) issues(ctx context.Context) {
	v := url.Values{"state": {"all"}, "per_page": {"1"}}
	x, err := e.t.call(ctx, "issues", scope{place: e.place}, func(ctx context.Context, c *gh.Client) error {
		req, err := c.NewRequest(http.MethodGet, "repos/"+e.place.String()+"/issues?"+v.Encode(), nil)
		if err != nil {
			return err
		}
		_, err = c.Do(ctx, req, nil)
		return err
	})
	var list []map[string]json.RawMessage
	if err == nil {
		if bad := json.Unmarshal(x.Body, &list); bad != nil {
			err = unusable("issues", x, bad)
		}
	}
	if err != nil {
		e.trouble(checkIssues, "issues of "+e.place.String()+" cannot be read", nil, err)
		return
	}
	e.well(checkIssues, "issues of "+e.place.String()+" can be read", nil)
	if len(list) == 0 {
		return
	}
	if _, known := list[0]["state_reason"]; !known {
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: checkStateReason,
			Text: e.t.o.API.Host + " keeps no reason why an issue was closed: completed and not planned look the same",
			Hint: "upgrade the Enterprise Server, or tell them apart by on.DISPOSITION.labels"})
	}
}
