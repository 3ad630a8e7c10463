// Package receive is the door: it takes Data Theorem's webhooks, authenticates them, keeps their
// exact bytes and answers 2xx only when they are on disk.
//
// It does not look into a body: what is authenticated is never refused for its content, because the
// sender may never send it again (facts/reliability.md 2.1).
package receive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"ticketd/internal/proof"
	"ticketd/store"
)

// Defaults of [Options].
const (
	DefaultPath      = "/webhook"
	DefaultMaxBody   = 1 << 20
	DefaultMaxBodies = 16
	DefaultPatience  = 5 * time.Second
)

// commitTimeout bounds the wait for the store, so that the answer still fits in the server's
// WriteTimeout.
const commitTimeout = 10 * time.Second

// Options of a handler. Store and Logger are required, and exactly one way to authenticate: tokens
// or capabilities or both, or else Open.
type Options struct {
	Store        *store.Store
	Path         string        // of the route with a token; "" is DefaultPath
	Tokens       []Credential  // what the Authorization header may carry
	Capabilities []Credential  // the secret parts of /hooks/<secret>
	Open         bool          // no authentication; only for a listener that was verified to be loopback
	MaxBody      int64         // bytes; 0 is DefaultMaxBody
	MaxBodies    int           // over 16 KiB that are read and committed at once; 0 is DefaultMaxBodies
	Patience     time.Duration // that a large body waits for its turn; 0 is DefaultPatience

	TrustedProxies []netip.Prefix // whose word on where a request came from is believed, for the log alone

	Logger   *slog.Logger
	Now      func() time.Time // nil is time.Now
	Rand     func(n int) int  // gives [0, n); nil is rand.IntN
	Accepted func()           // called after the commit of a new body, must not block; may be nil

	// Answered is told of every request by which route it came, what became of it and how long that took;
	// must not block; may be nil.
	Answered func(Route, Outcome, time.Duration)
}

// Handler is the webhook endpoint: the route with a token, the capability routes, and nothing else.
type Handler struct {
	o       Options
	places  places
	quiet   *quiet
	flights flights
}

// New makes the handler. It refuses a set of options under which anybody, or nobody, could post.
func New(o Options) (*Handler, error) {
	if o.Path == "" {
		o.Path = DefaultPath
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.MaxBodies == 0 {
		o.MaxBodies = DefaultMaxBodies
	}
	if o.Patience == 0 {
		o.Patience = DefaultPatience
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.IntN
	}
	if !strings.HasPrefix(o.Path, "/") || strings.HasPrefix(o.Path, capabilityPrefix) {
		return nil, fmt.Errorf("webhook path %q: must begin with / and not with %s", o.Path, capabilityPrefix)
	}
	if err := checkCredentials(o); err != nil {
		return nil, err
	}
	return &Handler{
		o:       o,
		places:  newPlaces(o.MaxBodies, o.Patience),
		quiet:   newQuiet(o.Logger, o.Now),
		flights: flights{begun: make(map[*time.Time]struct{})},
	}, nil
}

// receipt is what became of a request.
type receipt struct {
	outcome Outcome
	caller  caller
	seq     int64
	seen    int
	bytes   int
	err     error // for the log; holds no part of the body
}

// ServeHTTP takes one webhook.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	defer h.flights.begin(began)()
	got := h.guarded(w, r)
	h.log(r, got)
	if doubtful(r) || got.outcome.strange() || !got.outcome.Kept() && r.ContentLength != 0 {
		w.Header().Set("Connection", "close")
	}
	if got.outcome.passing() {
		w.Header().Set("Retry-After", fmt.Sprint(5+h.o.Rand(26)))
	}
	got.outcome.write(w)
	if h.o.Answered != nil {
		h.o.Answered(got.caller.route, got.outcome, time.Since(began))
	}
}

// doubtful tells whether a proxy in front could be of another opinion on where the body ends, so that
// the connection is closed behind it: what comes next might have been smuggled in. net/http takes a
// request with both Content-Length and Transfer-Encoding for chunked (RFC 9112 6.1), or, with
// HTTP/1.0, for one with a length, and removes the other header, so it cannot be told here; all
// requests that may have been such are closed.
func doubtful(r *http.Request) bool {
	return len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1)
}

// guarded keeps a panic to the one request. Its value is not logged: it might quote the body.
func (h *Handler) guarded(w http.ResponseWriter, r *http.Request) (got receipt) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		err := fmt.Errorf("panic of type %T", p)
		if e, ok := p.(runtime.Error); ok {
			err = e
		}
		h.o.Logger.Error("webhook handler panicked", "error", err, "stack", string(debug.Stack()))
		got = receipt{outcome: Panicked, caller: caller{route: RouteUnknown}, err: err}
	}()
	return h.take(w, r)
}

// take authenticates, then reads, then commits.
func (h *Handler) take(w http.ResponseWriter, r *http.Request) receipt {
	from, outcome := h.authenticate(r)
	if outcome == "" {
		outcome = acceptable(r, h.o.MaxBody)
	}
	if outcome != "" {
		// net/http reads on before it answers, so that the answer is not lost in a reset: but not for as
		// long as a stranger likes.
		timeLeft(w, lastWords)
		return receipt{outcome: outcome, caller: from}
	}
	leave, ok := h.places.take(r.ContentLength)
	if !ok {
		skip(w, r, h.o.MaxBody)
		return receipt{outcome: Busy, caller: from}
	}
	defer leave()
	// The wait for a place was ours, not the sender's: it has all of its time to send.
	timeLeft(w, readTimeout)
	body, err := read(w, r, h.o.MaxBody)
	if err != nil {
		return receipt{outcome: unread(err), caller: from, err: err}
	}
	return h.commit(r.Context(), from, body)
}

// timeLeft sets how long the rest of a request may take. Where it cannot be set, the server's own limit
// is left.
func timeLeft(w http.ResponseWriter, d time.Duration) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d))
}

// commit stores a body, also when the sender has hung up meanwhile: it may never come again.
func (h *Handler) commit(ctx context.Context, from caller, body []byte) receipt {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	in := store.Incoming{Body: body, Source: from.source, Received: h.o.Now()}
	proof.At(ctx, proof.BodyRead)
	if proof.Without(ctx, proof.AckAfterCommit) {
		go func() {
			proof.At(ctx, proof.BodyRead)
			_, _ = h.o.Store.Accept(context.WithoutCancel(ctx), in)
		}()
		return receipt{outcome: Accepted, caller: from, bytes: len(body)}
	}
	stored, err := h.o.Store.Accept(ctx, in)
	proof.At(ctx, proof.EventStored)
	if err != nil {
		return receipt{outcome: StoreTrouble, caller: from, bytes: len(body), err: err}
	}
	got := receipt{outcome: Accepted, caller: from, seq: stored.Seq, seen: stored.Seen, bytes: len(body)}
	if stored.Seen > 1 {
		got.outcome = Repeated
		return got
	}
	if h.o.Accepted != nil {
		h.o.Accepted()
	}
	return got
}

func unread(err error) Outcome {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return TooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return TimedOut
	default:
		return Truncated
	}
}

func (h *Handler) log(r *http.Request, got receipt) {
	switch got.outcome {
	case Accepted, Repeated:
		h.o.Logger.Info("event received", "outcome", got.outcome, "event", got.seq, "seen", got.seen,
			"source", got.caller.source, "route", got.caller.route, "bytes", got.bytes)
	case StoreTrouble:
		h.o.Logger.Error("event not stored", "error", got.err, "source", got.caller.source, "bytes", got.bytes)
	case Panicked: // is logged with its stack
	default:
		h.quiet.refused(got, h.o.sender(r))
	}
}
