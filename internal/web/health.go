// Package web serves what people and their monitoring look at: for now, health.
package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"ticketd/internal/proof"
)

// readyTimeout bounds all checks of one request: a probe that hangs is as bad as one that fails.
const readyTimeout = 5 * time.Second

// Options of the health handler.
type Options struct {
	Ready   func(ctx context.Context) error             // nil error: the store is writable and the listeners are up
	Checks  func(ctx context.Context) map[string]string // name → state in words, e.g. of each tracker; may be nil
	Version string                                      // shown by /readyz
	Logger  *slog.Logger
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready   bool              `json:"ready"`
	Reason  string            `json:"reason,omitempty"`
	Version string            `json:"version"`
	Checks  map[string]string `json:"checks,omitempty"`
}

// New makes the handler of the operator's listener, which is not meant for the internet: /readyz
// names the version and the trackers. A tracker in trouble is shown and does not make the daemon
// unready, because events are still accepted and kept.
//
// No connection is kept: the listener has few, and probes that hold theirs would keep others out,
// which looks as if the daemon were dead.
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	for pattern, handler := range o.routes() {
		mux.HandleFunc(pattern, handler)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		mux.ServeHTTP(w, r)
	})
}

func (o Options) routes() map[string]http.HandlerFunc {
	all := map[string]http.HandlerFunc{
		"GET /healthz": o.healthz,
		"GET /readyz":  o.readyz,
	}
	if proof.Enabled {
		all["GET /proof/runtime"] = o.runtime
	}
	return all
}

func (o Options) healthz(w http.ResponseWriter, _ *http.Request) {
	o.answer(w, http.StatusOK, struct {
		Status string `json:"status"`
	}{"alive"})
}

func (o Options) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	state := readiness{Ready: true, Version: o.Version}
	status := http.StatusOK
	if err := o.Ready(ctx); err != nil {
		state.Ready, state.Reason, status = false, err.Error(), http.StatusServiceUnavailable
	}
	if o.Checks != nil {
		state.Checks = o.Checks(ctx)
	}
	o.answer(w, status, state)
}

func (o Options) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		o.Logger.Debug("health answer not delivered", "error", err)
	}
}
