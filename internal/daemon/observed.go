package daemon

import (
	"context"
	"time"

	"ticketd/internal/deliver"
	"ticketd/internal/metrics"
	"ticketd/internal/ticket"
)

// observed is a tracker whose calls are counted and timed.
type observed struct {
	deliver.Tracker

	name    string // as configured
	metrics *metrics.Metrics
}

// observe makes a call and counts it.
func observe[T any](o *observed, op metrics.Operation, call func() (T, error)) (T, error) {
	began := time.Now()
	answer, err := call()
	o.metrics.Call(o.name, op, err, time.Since(began))
	return answer, err
}

// Identity is counted.
func (o *observed) Identity(ctx context.Context) (ticket.Account, error) {
	return observe(o, metrics.Identity, func() (ticket.Account, error) { return o.Tracker.Identity(ctx) })
}

// Create is counted.
func (o *observed) Create(ctx context.Context, d ticket.Draft) (ticket.Issue, error) {
	return observe(o, metrics.Create, func() (ticket.Issue, error) { return o.Tracker.Create(ctx, d) })
}

// Read is counted.
func (o *observed) Read(ctx context.Context, r ticket.Ref) (ticket.Issue, error) {
	return observe(o, metrics.Read, func() (ticket.Issue, error) { return o.Tracker.Read(ctx, r) })
}

// Find is counted.
func (o *observed) Find(ctx context.Context, q ticket.Query) ([]ticket.Issue, error) {
	return observe(o, metrics.Find, func() ([]ticket.Issue, error) { return o.Tracker.Find(ctx, q) })
}

// SetState is counted.
func (o *observed) SetState(ctx context.Context, r ticket.Ref, c ticket.Change) (ticket.Issue, error) {
	return observe(o, metrics.SetState, func() (ticket.Issue, error) { return o.Tracker.SetState(ctx, r, c) })
}

// Update is counted.
func (o *observed) Update(ctx context.Context, r ticket.Ref, d ticket.Draft, w ticket.Written) (ticket.Issue, error) {
	return observe(o, metrics.Update, func() (ticket.Issue, error) { return o.Tracker.Update(ctx, r, d, w) })
}

// Relabel is counted.
func (o *observed) Relabel(ctx context.Context, r ticket.Ref, add, remove []string) error {
	_, err := observe(o, metrics.Relabel, func() (struct{}, error) { return struct{}{}, o.Tracker.Relabel(ctx, r, add, remove) })
	return err
}

// Comments is counted.
func (o *observed) Comments(ctx context.Context, r ticket.Ref) ([]ticket.Posted, error) {
	return observe(o, metrics.Comments, func() ([]ticket.Posted, error) { return o.Tracker.Comments(ctx, r) })
}

// AddComment is counted.
func (o *observed) AddComment(ctx context.Context, r ticket.Ref, c ticket.Comment) (string, error) {
	return observe(o, metrics.AddComment, func() (string, error) { return o.Tracker.AddComment(ctx, r, c) })
}

// DeleteComment is counted.
func (o *observed) DeleteComment(ctx context.Context, r ticket.Ref, id string) error {
	_, err := observe(o, metrics.DeleteComment, func() (struct{}, error) { return struct{}{}, o.Tracker.DeleteComment(ctx, r, id) })
	return err
}
