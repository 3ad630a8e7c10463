// Package github makes and keeps GitHub issues: github.com and Enterprise Server, with a token or as
// a GitHub App.
//
// It speaks through go-github v60, but decides from the exchange itself: that version loses the
// words of some refusals, takes a primary reset for a secondary one, blocks all calls after a limit
// and follows redirects (facts: github.md section 1). Every call has a client of its own, which
// costs nothing and leaves no such state behind.
package github

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gh "github.com/google/go-github/v60/github"

	"ticketd/internal/outbound"
	"ticketd/internal/ticket"
)

// readRetries is how often a read is repeated after a 5xx or a broken connection.
const readRetries = 2

// errNotUnderstood stands for what go-github says of an answer that it cannot decode, which quotes
// the answer; and one answer holds an installation's token.
var errNotUnderstood = errors.New("the answer is not the JSON that was asked for")

// maxAnswer is enough for the largest page there is: a hundred issues of 65,536 characters, three
// bytes each, and what GitHub says around them.
const maxAnswer = 32 << 20

// Options of a tracker. API, Site and one of Token and App are required.
type Options struct {
	Name      string            // of the configured tracker, for logs
	API       *url.URL          // https://api.github.com, or https://HOST/api/v3
	Site      *url.URL          // https://github.com, or https://HOST; where links lead
	Token     func() string     // personal access token, read for every call so that it can be rotated
	App       *App              // a GitHub App instead of a token
	Identity  string            // login or numeric id that the credential must have; "" any
	AlsoOurs  []string          // logins or numeric ids of accounts that we were before
	UserAgent string            // "" means ticketd
	Transport http.RoundTripper // nil: a pooled transport of our own
	Clock     *outbound.Clock   // follows the host's clock; may be nil
	Now       func() time.Time  // nil: time.Now
	Logger    *slog.Logger      // nil: says nothing

	// Quota is told what an answer says about a rate limit; its Resource is one of QuotaResources. Must not
	// block; may be nil.
	Quota func(ticket.Quota)
}

// App is a GitHub App. It acts with tokens of its installation, each good for one repository, an
// hour, and the permissions to read metadata and write issues.
type App struct {
	ID           string                 // client id or app id
	Installation int64                  // 0: found by repository
	PrivateKey   func() ([]byte, error) // PEM, PKCS #1 or PKCS #8
}

// Tracker is one GitHub host with its credential. It may be used by several goroutines.
type Tracker struct {
	o          Options
	api        *url.URL // with a trailing slash
	http       *http.Client
	credential credential

	mu       sync.Mutex
	accounts map[string]account // that we are or were in this process, by credential

	milestones map[place]milestones // as they were last read

	warned atomic.Bool // of a retiring API version
}

// New makes a tracker. It makes no call.
func New(o Options) (*Tracker, error) {
	switch {
	case o.API == nil || o.API.Host == "" || o.Site == nil || o.Site.Host == "":
		return nil, errors.New("a GitHub tracker needs the addresses of its API and of its site")
	case (o.Token == nil) == (o.App == nil):
		return nil, errors.New("a GitHub tracker needs either a token or an app")
	case o.App != nil && (o.App.ID == "" || o.App.PrivateKey == nil):
		return nil, errors.New("a GitHub App needs its id and its private key")
	}
	if o.UserAgent == "" {
		o.UserAgent = "ticketd"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	t := &Tracker{o: o, api: o.API.JoinPath("/"), accounts: make(map[string]account), milestones: make(map[place]milestones)}
	t.http = outbound.New(outbound.Options{
		Base: o.API, Authorize: authorize, UserAgent: o.UserAgent, MaxBody: maxAnswer,
		Retries: readRetries, Transport: o.Transport, Observe: t.observe, Clock: o.Clock, Now: o.Now,
	})
	if o.App != nil {
		t.credential = newApp(t, *o.App)
	} else {
		t.credential = personal(o.Token)
	}
	return t, nil
}

// CloseIdleConnections closes connections that nobody uses.
func (t *Tracker) CloseIdleConnections() { t.http.CloseIdleConnections() }

// observe takes note of the quota, and warns once when GitHub announces the end of the API version that go-github v60 asks for;
// after it every call answers 410 (docs: api-versions.md).
func (t *Tracker) observe(_ string, x *outbound.Exchange) {
	t.seeQuota(x)
	deprecation, sunset := x.Header.Get("Deprecation"), x.Header.Get("Sunset")
	if deprecation+sunset == "" || t.warned.Swap(true) {
		return
	}
	t.o.Logger.Warn("GitHub is going to retire the API version that ticketd speaks; plan an upgrade",
		"tracker", t.o.Name, "deprecation", outbound.Printable(deprecation, 64), "sunset", outbound.Printable(sunset, 64))
}

// scope says what a call is about, which decides the credential it needs.
type scope struct {
	place place // the zero place: the account itself
	id    int64 // of the repository, where only that is known of it; place is then the one that led to it
}

// call performs one API call: everything but a usable 2xx becomes a *ticket.Error. A refused
// credential is replaced and the call made again, once; a 401 is a certain no-effect.
func (t *Tracker) call(ctx context.Context, op string, s scope, do func(context.Context, *gh.Client) error) (*outbound.Exchange, error) {
	for again := false; ; again = true {
		token, err := t.credential.token(ctx, s)
		if err != nil {
			return new(outbound.Exchange), err
		}
		x, err := t.send(ctx, op, token, do)
		if x.Status != http.StatusUnauthorized || again || !t.credential.reject(s, token) {
			return x, err
		}
	}
}

// send performs one API call with a token.
func (t *Tracker) send(ctx context.Context, op, token string, do func(context.Context, *gh.Client) error) (*outbound.Exchange, error) {
	ctx, x := outbound.Watch(withToken(ctx, token))
	c := gh.NewClient(t.http)
	c.BaseURL = t.api
	err := do(ctx, c)
	switch {
	case x.Status == 0 || x.Status/100 == 2 && x.Err != nil:
		return x, unusable(op, x, err)
	case x.Status/100 == 2 && err != nil:
		return x, unusable(op, x, errNotUnderstood)
	case x.Status/100 != 2:
		return x, t.refusal(op, x)
	}
	return x, nil
}

// unusable is the error of a call that brought nothing, or a 2xx that does not say what it must
// say. A write may well have had its effect.
func unusable(op string, x *outbound.Exchange, cause error) *ticket.Error {
	e := x.Failure(op, cause)
	e.RequestID = requestID(x)
	return e
}

// same compares logins, labels and repositories, which GitHub compares without regard to case.
func same(a, b string) bool { return strings.EqualFold(a, b) }
