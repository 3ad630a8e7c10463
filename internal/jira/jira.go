// Package jira makes a Jira site, Cloud or Data Center, do what a ticket needs: create, find, read,
// move, update and comment on issues, through go-jira, with the outcome of every call decided from
// the exchange itself.
package jira

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	gojira "github.com/andygrunwald/go-jira"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// The deployments of Jira. They differ in the API version, in the form of texts, in how people are
// named and in how one searches.
const (
	Cloud      = "cloud"
	DataCenter = "datacenter"
)

// maxAnswer is enough for the largest page there is: a hundred comments of 32,767 characters, three
// bytes each, in ADF that is several times as long as its text.
const maxAnswer = 32 << 20

// errCredential marks a call that never left because there was nothing to authenticate with.
var errCredential = errors.New("no usable credential")

// Credential gives what to authenticate with. It is asked for every attempt, so that a rotated
// secret is used at once. With an email the two are sent as Basic (Cloud API tokens), without one
// the token is sent as Bearer (Data Center personal access tokens, service accounts).
type Credential func() (email, token string, err error)

// Options of a [Tracker]. Base and Credential are required.
type Options struct {
	Name       string            // of the tracker in the configuration; for logs
	Base       *url.URL          // of the API: the site, or https://api.atlassian.com/ex/jira/{cloudId}
	Site       *url.URL          // where people read issues; nil: Base
	Credential Credential        // asked for every attempt
	Deployment string            // Cloud or DataCenter; "": asked of the server once
	Identity   string            // account id, user name or email that the credential must belong to; "": any
	AlsoOurs   []string          // account ids, user keys or user names whose issues count as ours too
	Instance   string            // of this ticketd, written into the issue property
	UserAgent  string            // sent with every request
	Timeout    time.Duration     // of one attempt; 0: outbound's default
	Retries    int               // of reads, by the HTTP client; writes go out once
	Transport  http.RoundTripper // nil: a pooled one
	Clock      *outbound.Clock   // follows the site's clock; may be nil
	Now        func() time.Time  // nil: time.Now
	Logger     *slog.Logger      // nil: discarded

	// Quota is told what an answer says about a rate limit; its Resource is one of QuotaResources. Must not
	// block; may be nil.
	Quota func(ticket.Quota)
}

// Tracker is one Jira site. It is safe for concurrent use.
type Tracker struct {
	o      Options
	http   *http.Client
	client *gojira.Client
	log    *slog.Logger

	mu         sync.Mutex
	deployment string
	accounts   map[string]user // that we are or were in this process, by credential
	fields     catalog
	subtasks   map[ticket.Destination]bool // of Data Center, by project and issue type
}

// New makes a tracker. It talks to nobody yet.
func New(o Options) (*Tracker, error) {
	switch {
	case o.Base == nil || o.Base.Host == "" || (o.Base.Scheme != "https" && o.Base.Scheme != "http"):
		return nil, errors.New("base URL must be http or https with a host")
	case o.Credential == nil:
		return nil, errors.New("credential is missing")
	case o.Deployment != "" && o.Deployment != Cloud && o.Deployment != DataCenter:
		return nil, fmt.Errorf("unknown deployment %q", o.Deployment)
	}
	if o.Site == nil {
		o.Site = o.Base
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	t := &Tracker{o: o, log: o.Logger.With("tracker", o.Name), deployment: o.Deployment, accounts: map[string]user{}, subtasks: map[ticket.Destination]bool{}}
	t.http = outbound.New(outbound.Options{
		Base: o.Base, Authorize: t.authorize, UserAgent: o.UserAgent, Timeout: o.Timeout,
		MaxBody: maxAnswer, Retries: o.Retries, Transport: o.Transport, Clock: o.Clock, Now: o.Now, Observe: t.observe,
	})
	client, err := gojira.NewClient(t.http, o.Base.String())
	if err != nil {
		return nil, fmt.Errorf("making the client: %w", err)
	}
	t.client = client
	return t, nil
}

// Close gives back the idle connections.
func (t *Tracker) Close() { t.http.CloseIdleConnections() }

func (t *Tracker) authorize(r *http.Request) error {
	email, token, err := t.o.Credential()
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errCredential, err)
	case token == "":
		return errCredential
	case email != "":
		r.SetBasicAuth(email, token)
	default:
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return nil
}

// ref builds the reference of an issue. The page's address comes from the configured site, never
// from an answer: `self` links may point to another host (facts: jira.md section 3).
func (t *Tracker) ref(id, key, project string) ticket.Ref {
	if project == "" {
		project, _, _ = strings.Cut(key, "-")
	}
	return ticket.Ref{ID: id, Key: key, Project: project, URL: t.o.Site.JoinPath("browse", key).String()}
}

// Identity asks whose credential it is. It is the gate before believing that anything is missing:
// with a dead token Jira may answer anonymously, 404 for issues and 200 for an empty search
// (JRACLOUD-93811, JRACLOUD-94680).
func (t *Tracker) Identity(ctx context.Context) (ticket.Account, error) {
	me, err := t.identify(ctx)
	if err != nil {
		return ticket.Account{}, err
	}
	return ticket.Account{ID: me.id(), Name: me.DisplayName}, nil
}
