// Package outbound is the one way out to a tracker: an http.Client that talks to one host only,
// never follows a redirect, sends a write exactly once, caps every answer and records what
// happened, so that an adapter can decide from the exchange itself instead of from what a client
// library made of it.
//
// Why each of these is needed is measured in facts/reliability.md (L1 to L7): go-jira and go-github
// send the credential along a redirect to another host, turn a PATCH into a GET, read error pages
// of any size, and go-retryablehttp's defaults repeat a POST five times.
package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Errors of a call that never left.
var (
	ErrForeignHost = errors.New("refusing to talk to a host that is not the configured one")
	ErrTooLarge    = errors.New("answer larger than the cap")
)

// Defaults of [Options].
const (
	DefaultTimeout = 30 * time.Second
	DefaultMaxBody = 4 << 20
)

// maxRefusal is how much is read of an answer that is no success: enough for any words, and not for
// a page without end.
const maxRefusal = 1 << 20

// Options of a client. Base is required.
type Options struct {
	Base      *url.URL                         // scheme and host that every request must have
	Authorize func(r *http.Request) error      // adds the credential; called last, once per attempt
	UserAgent string                           // sent with every request
	Timeout   time.Duration                    // of one attempt, body included; 0: DefaultTimeout
	MaxBody   int64                            // bytes of an answer; 0: DefaultMaxBody
	Retries   int                              // of a read after a 5xx or a broken connection; writes go out once
	Transport http.RoundTripper                // nil: a pooled transport of our own
	Clock     *Clock                           // follows the tracker's clock; may be nil
	Now       func() time.Time                 // for Clock; nil: time.Now
	Observe   func(method string, x *Exchange) // called after every attempt; may be nil
}

// New makes the client.
func New(o Options) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Transport == nil {
		o.Transport = pooled()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	once := &pinned{o: o}
	return &http.Client{CheckRedirect: stay, Transport: &split{write: once, read: retrying(once, o.Retries)}}
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func pooled() http.RoundTripper {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// split sends reads through the retrying client and writes straight out.
type split struct{ write, read http.RoundTripper }

func (s *split) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return s.read.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	r.GetBody = nil // net/http must not replay a write by itself
	return s.write.RoundTrip(r)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the pool.
func (s *split) CloseIdleConnections() {
	if c, ok := s.write.(*pinned).o.Transport.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func retrying(once http.RoundTripper, retries int) http.RoundTripper {
	c := retryablehttp.NewClient()
	c.HTTPClient = &http.Client{Transport: once, CheckRedirect: stay}
	c.Logger = nil
	c.RetryMax = retries
	c.ErrorHandler = retryablehttp.PassthroughErrorHandler
	c.Backoff = func(_, _ time.Duration, attempt int, _ *http.Response) time.Duration {
		return min(time.Duration(1<<min(attempt, 4))*500*time.Millisecond, 5*time.Second)
	}
	c.CheckRetry = func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		return passing(resp, err), nil
	}
	return &retryablehttp.RoundTripper{Client: c}
}

// passing tells whether an attempt failed in a way that the next one may not.
func passing(resp *http.Response, err error) bool {
	if err != nil {
		return !errors.Is(err, ErrForeignHost) && !errors.Is(err, ErrTooLarge)
	}
	// A 503 with Retry-After belongs to the pause of the whole tracker, not to this call.
	return resp.StatusCode >= 500 && resp.Header.Get("Retry-After") == ""
}

// pinned sends one request to the one host and records the exchange.
type pinned struct{ o Options }

func (p *pinned) RoundTrip(r *http.Request) (*http.Response, error) {
	x := exchangeOf(r.Context())
	x.reset(r.Method)
	resp, err := p.attempt(r, x)
	x.Err = err
	if p.o.Observe != nil {
		p.o.Observe(r.Method, x)
	}
	return resp, err
}

func (p *pinned) attempt(r *http.Request, x *Exchange) (*http.Response, error) {
	if r.URL.Scheme != p.o.Base.Scheme || r.URL.Host != p.o.Base.Host {
		return nil, fmt.Errorf("%w: %s://%s", ErrForeignHost, r.URL.Scheme, r.URL.Host)
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.o.Timeout)
	defer cancel() // the body is read before returning
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r = r.Clone(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// The last thing before an HTTP/2 header leaves: a call that is given up between that and
		// WroteHeaders would seem never to have been sent.
		WroteHeaderField: func(string, []string) { x.wrote.Store(true) },
		WroteHeaders:     func() { x.wrote.Store(true) },
	}))
	r.Header.Del("Authorization")
	r.Header.Set("User-Agent", p.o.UserAgent)
	if p.o.Authorize != nil {
		if err := p.o.Authorize(r); err != nil {
			return nil, fmt.Errorf("authorizing: %w", err)
		}
	}
	secrets := credentials(r)
	resp, err := p.o.Transport.RoundTrip(r)
	if err != nil || r.URL.Scheme == "http" {
		// Behind TLS, neither has the proxy a part in an answer nor knows the tracker its password, which
		// may be a word that stands in many a ticket.
		secrets.addUser(p.proxyOf(r))
	}
	if err != nil {
		return nil, secrets.hideIn(err)
	}
	x.wrote.Store(true)
	x.Status, x.Header = resp.StatusCode, resp.Header
	secrets.hideInHeader(resp.Header)
	if p.o.Clock != nil {
		p.o.Clock.see(resp.Header, p.o.Now())
	}
	x.Body, err = p.read(resp)
	x.Body = cut(secrets, x.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", secrets.hideIn(err))
	}
	resp.Body = io.NopCloser(bytes.NewReader(x.Body))
	return resp, nil
}

// proxyOf gives the user of the proxy that a request goes through; nil where there is none.
func (p *pinned) proxyOf(r *http.Request) *url.Userinfo {
	t, ok := p.o.Transport.(*http.Transport)
	if !ok || t.Proxy == nil {
		return nil
	}
	proxy, err := t.Proxy(r)
	if err != nil || proxy == nil {
		return nil
	}
	return proxy.User
}

// read reads an answer up to the cap. What is too large is an error of a success, which cannot be
// understood in part; a refusal is one by its status, and cut.
func (p *pinned) read(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close() //nolint:errcheck // everything wanted was read
	success, limit := resp.StatusCode/100 == 2, p.o.MaxBody
	if !success {
		limit = min(limit, maxRefusal)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if int64(len(body)) > limit {
		body = body[:limit]
		if success && err == nil {
			err = ErrTooLarge
		}
	}
	return body, err
}
