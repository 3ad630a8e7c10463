package outbound

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"ticketd/internal/ticket"
)

// Exchange is what happened to the last attempt of a call.
type Exchange struct {
	Method string
	Status int         // 0 when no answer came
	Header http.Header // of the answer
	Body   []byte      // of the answer, capped
	Err    error       // of the transport or of reading the answer

	wrote atomic.Bool
}

// Wrote tells whether any byte of the request may have reached the tracker. A dial or TLS failure
// or a request that was never begun has certainly had no effect.
func (x *Exchange) Wrote() bool { return x.wrote.Load() }

// reset makes the exchange that of a new attempt. The goroutine of the one before may still look at
// the atomic field.
func (x *Exchange) reset(method string) {
	x.Method, x.Status, x.Header, x.Body, x.Err = method, 0, nil, nil, nil
	x.wrote.Store(false)
}

type exchangeKey struct{}

// Watch gives a context that records the calls made with it in the Exchange, one at a time.
func Watch(ctx context.Context) (context.Context, *Exchange) {
	x := new(Exchange)
	return context.WithValue(ctx, exchangeKey{}, x), x
}

func exchangeOf(ctx context.Context) *Exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*Exchange); ok {
		return x
	}
	return new(Exchange)
}

// Failure makes the error of a call that brought no usable answer: nothing came, it broke off, or
// a 2xx without the identity that was asked for (cause says which).
func (x *Exchange) Failure(op string, cause error) *ticket.Error {
	e := &ticket.Error{Op: op, Status: x.Status, Decision: ticket.Retry, Err: short(cause)}
	if write := x.Method != http.MethodGet && x.Method != http.MethodHead; write && x.Wrote() {
		e.Decision = ticket.Doubt
	}
	return e
}

// causeLimit bounds what is told of a cause: errors of decoding quote what they could not read.
const causeLimit = 400

// shortened is an error whose words are fit to be shown.
type shortened struct{ error }

func short(cause error) error {
	if cause == nil {
		return nil
	}
	return shortened{cause}
}

// Error gives one line of bounded length.
func (s shortened) Error() string { return Printable(s.error.Error(), causeLimit) }

// Unwrap gives the cause.
func (s shortened) Unwrap() error { return s.error }

// After reads the pause that the answer asks for; 0 when it names none.
func (x *Exchange) After(now time.Time) time.Duration {
	return ticket.RetryAfter(x.Header.Get("Retry-After"), x.Now(now))
}

// Now gives the tracker's own time where its answer has a Date, else the local one. A moment that an
// answer names is measured on it: by a local clock that is ahead, every pause would be over.
func (x *Exchange) Now(local time.Time) time.Time {
	if at, err := http.ParseTime(x.Header.Get("Date")); err == nil {
		return at
	}
	return local
}

// Printable makes a tracker's words fit for an error, a log and a table: one line, no control
// characters, at most limit runes.
func Printable(s string, limit int) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return r <= ' ' || (r >= 0x7f && r <= 0xa0) || (r >= 0x2028 && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069)
	}), " ")
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}
