package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// expirySoon is how long before its end a token is warned of.
const expirySoon = 14 * 24 * time.Hour

// account asks whose the credential is, and reads what the answer tells of it. It tells whether a
// look at the repository makes sense.
func (e *examination) account(ctx context.Context) bool {
	a, x, err := e.t.identify(ctx)
	if err != nil {
		e.unanswered(x, err)
		return false
	}
	e.well(ticket.CheckSite, e.t.o.API.Host+" answers", nil)
	if sunset := x.Header.Get("Sunset"); sunset != "" || x.Header.Get("Deprecation") != "" {
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: ticket.CheckSite,
			Text: strings.TrimSpace("GitHub is going to retire the API version that ticketd speaks " + outbound.Printable(sunset, 64)),
			Hint: "plan an upgrade of ticketd"})
	}
	e.well(ticket.CheckCredential, "belongs to "+outbound.Printable(a.Name, 100), nil)
	e.expiry(x)
	e.scopes = scopesOf(x.Header)
	if excess := e.scopes.excess(); len(excess) > 0 {
		e.add(ticket.Symptom{Severity: ticket.Warning, Check: ticket.CheckCredential,
			Text: "the token may do more than ticketd needs: " + listing(excess),
			Hint: "make a fine-grained token for the repositories in question with Issues: read and write, or a classic one with repo alone"})
	}
	return true
}

// expiry tells when the token ends, as far as GitHub tells it.
func (e *examination) expiry(x *outbound.Exchange) {
	at, ok := expiryOf(x.Header)
	if !ok {
		return
	}
	day := at.UTC().Format(time.DateOnly)
	left := at.Sub(x.Now(e.t.o.Now()))
	if left >= expirySoon {
		e.well(ticket.CheckCredential, "the token expires on "+day, nil)
		return
	}
	e.add(ticket.Symptom{Severity: ticket.Warning, Check: ticket.CheckCredential,
		Text: fmt.Sprintf("the token expires on %s, in less than %d days", day, max(int(left/(24*time.Hour)), 0)+1),
		Hint: "make a new one and put it in the place of the old one"})
}

// expiryOf reads GitHub's header, which has a zone's name or an offset (docs: token expiration and
// revocation).
func expiryOf(h http.Header) (time.Time, bool) {
	value := h.Get("GitHub-Authentication-Token-Expiration")
	for _, layout := range []string{"2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700"} {
		if at, err := time.Parse(layout, value); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// scopes are those of a classic token; nil for any other credential (docs: scopes for OAuth apps).
type scopes []string

func scopesOf(h http.Header) scopes {
	values := h.Values("X-OAuth-Scopes")
	if len(values) == 0 {
		return nil
	}
	list := scopes{}
	for scope := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			list = append(list, scope)
		}
	}
	return list
}

// has tells whether one of the scopes is there.
func (s scopes) has(one ...string) bool {
	return slices.ContainsFunc(one, func(scope string) bool { return slices.Contains(s, scope) })
}

// excess names the scopes that issues have no need of. What only reads is left out: it is too much
// as well, but changes nothing.
func (s scopes) excess() []string {
	return slices.DeleteFunc(slices.Clone(s), func(scope string) bool {
		return scope == "repo" || scope == "public_repo" || strings.HasPrefix(scope, "repo:") || scope == "repo_deployment" ||
			strings.HasPrefix(scope, "read:") || scope == "user:email"
	})
}

// installation looks at the App's installation on the repository; a token has none. It tells whether
// the repository can be worked with.
func (e *examination) installation(ctx context.Context) bool {
	if e.t.o.App == nil {
		return true
	}
	var got *gh.Installation
	x, err := e.t.asApp(ctx, "installation", func(ctx context.Context, c *gh.Client) (err error) {
		got, _, err = c.Apps.FindRepositoryInstallation(ctx, e.place.owner, e.place.repo)
		return err
	})
	if err == nil && got.GetID() == 0 {
		err = unusable("installation", x, errors.New("the answer holds no installation"))
	}
	switch {
	case err != nil && x.Status/100 == 3:
		e.noRepository(ctx, x, err)
		return false
	case x.Status == http.StatusNotFound:
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkInstallation, Text: "the GitHub App is not installed on " + e.place.String(),
			Hint: "install it there with the permission to read and write issues"})
		return false
	case err != nil:
		e.trouble(checkInstallation, e.place.String(), nil, err)
		return false
	case got.SuspendedAt != nil:
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkInstallation, Text: "the GitHub App's installation on " + e.place.String() + " is suspended",
			Hint: "lift the suspension in the settings of the account that it is installed on"})
		return false
	}
	return e.installed(got.GetID()) && e.permissions(x)
}

// installed compares the installation with the configured one.
func (e *examination) installed(id int64) bool {
	if want := e.t.o.App.Installation; want != 0 && want != id {
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkInstallation,
			Text:  fmt.Sprintf("the GitHub App is installed on %s as %d, and the configuration says %d", e.place, id, want),
			Hint:  "name the right one; a second account needs a tracker of its own",
			Paste: fmt.Sprintf("installation = %d", id), Key: []string{"github", e.t.o.Name, "app", "installation"}})
		return false
	}
	e.well(checkInstallation, fmt.Sprintf("the GitHub App is installed on %s", e.place), nil)
	return true
}

// permissions looks at what the App was given. It is read by hand: go-github knows only the names of
// its time.
func (e *examination) permissions(x *outbound.Exchange) bool {
	var got struct {
		Permissions map[string]string `json:"permissions"`
	}
	if err := json.Unmarshal(x.Body, &got); err != nil {
		e.trouble(checkPermissions, e.place.String(), nil, unusable("installation", x, err))
		return false
	}
	if level := got.Permissions["issues"]; level != "write" && level != "admin" {
		e.add(ticket.Symptom{Severity: ticket.Failing, Check: checkPermissions, Text: "the GitHub App may not write issues of " + e.place.String(),
			Hint: "give it Issues: read and write in its settings; whoever installed it must then accept the change"})
		return false
	}
	var excess []string
	for _, name := range slices.Sorted(maps.Keys(got.Permissions)) {
		if level := got.Permissions[name]; name != "issues" && level != "read" {
			excess = append(excess, name+": "+level)
		}
	}
	if len(excess) == 0 {
		e.well(checkPermissions, "the GitHub App may write issues of "+e.place.String(), nil)
		return true
	}
	e.add(ticket.Symptom{Severity: ticket.Warning, Check: checkPermissions, Text: "the GitHub App may do more than ticketd needs: " + listing(excess),
		Hint: "Issues: read and write, and Metadata: read, are enough"})
	return true
}
