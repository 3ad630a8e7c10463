package deliver_test

import (
	"context"
	"time"

	"ticketd/internal/ticket"
)

// wire is the way of one deliverer to the tracker. Calls take time on it; a process that dies, or gives
// up, while a call is under way does not stop the call.
type wire struct {
	tracker *simTracker
	*actor
}

// trip is how long a call takes until it arrives, and its answer back. The odd nanoseconds keep the
// instants of all goroutines apart, so that a seed gives the same schedule again.
func (w *wire) trip() (there, back time.Duration) {
	draw := func(limit time.Duration) time.Duration { return time.Duration(1 + w.rng.Int64N(int64(limit))) }
	there, back = draw(time.Second), draw(time.Second)
	if slow := w.rng.Float64(); slow < w.w.odds.slow && !w.w.calm.Load() {
		if slow < w.w.odds.slow/2 {
			return there + draw(40*time.Second), back
		}
		return there, back + draw(40*time.Second)
	}
	return there, back
}

// over makes a call. lost is what is known when there is no answer.
func over[T any](ctx context.Context, w *wire, lost ticket.Decision, call func() (T, error)) (none T, _ error) {
	w.live()
	there, back := w.trip()
	before, after := w.dies(), w.dies()
	if ctx.Err() != nil {
		return none, simError(ticket.Retry) // not sent
	}
	if before {
		w.fall("call under way")
	}
	deadline, _ := ctx.Deadline()
	left := time.Until(deadline)
	if there > left { // given up, and it arrives all the same
		time.AfterFunc(there, func() { _, _ = call() })
		return none, w.noAnswer(left, lost)
	}
	sleep(there)
	out, err := call()
	if after {
		w.fall("answer under way")
	}
	w.live()
	if there+back > left {
		return none, w.noAnswer(left-there, lost)
	}
	sleep(back)
	w.live()
	return out, err
}

func (w *wire) noAnswer(after time.Duration, lost ticket.Decision) error {
	sleep(after)
	w.live()
	return simError(lost)
}

func (w *wire) Identity(ctx context.Context) (ticket.Account, error) {
	return over(ctx, w, ticket.Retry, func() (ticket.Account, error) { return w.tracker.Identity(ctx) })
}

func (w *wire) Create(ctx context.Context, d ticket.Draft) (ticket.Issue, error) {
	return over(ctx, w, ticket.Doubt, func() (ticket.Issue, error) { return w.tracker.Create(ctx, d) })
}

func (w *wire) Read(ctx context.Context, r ticket.Ref) (ticket.Issue, error) {
	return over(ctx, w, ticket.Retry, func() (ticket.Issue, error) { return w.tracker.Read(ctx, r) })
}

func (w *wire) Find(ctx context.Context, q ticket.Query) ([]ticket.Issue, error) {
	return over(ctx, w, ticket.Retry, func() ([]ticket.Issue, error) { return w.tracker.Find(ctx, q) })
}

func (w *wire) SetState(ctx context.Context, r ticket.Ref, c ticket.Change) (ticket.Issue, error) {
	return over(ctx, w, ticket.Doubt, func() (ticket.Issue, error) { return w.tracker.SetState(ctx, r, c) })
}

func (w *wire) Update(ctx context.Context, r ticket.Ref, d ticket.Draft, was ticket.Written) (ticket.Issue, error) {
	return over(ctx, w, ticket.Doubt, func() (ticket.Issue, error) { return w.tracker.Update(ctx, r, d, was) })
}

func (w *wire) Relabel(ctx context.Context, r ticket.Ref, add, remove []string) error {
	_, err := over(ctx, w, ticket.Doubt, func() (struct{}, error) { return struct{}{}, w.tracker.Relabel(ctx, r, add, remove) })
	return err
}

func (w *wire) Comments(ctx context.Context, r ticket.Ref) ([]ticket.Posted, error) {
	return over(ctx, w, ticket.Retry, func() ([]ticket.Posted, error) { return w.tracker.Comments(ctx, r) })
}

func (w *wire) AddComment(ctx context.Context, r ticket.Ref, c ticket.Comment) (string, error) {
	return over(ctx, w, ticket.Doubt, func() (string, error) { return w.tracker.AddComment(ctx, r, c) })
}

func (w *wire) DeleteComment(ctx context.Context, r ticket.Ref, id string) error {
	_, err := over(ctx, w, ticket.Doubt, func() (struct{}, error) { return struct{}{}, w.tracker.DeleteComment(ctx, r, id) })
	return err
}

func (w *wire) Writes(d ticket.Draft) ticket.Written { return w.tracker.Writes(d) }
