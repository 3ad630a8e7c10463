// Package web serves what people and their monitoring look at: health, metrics and, where it was asked
// for, profiles.
package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"ticketd/internal/proof"
)

// readyTimeout bounds all checks of one request: a probe that hangs is as bad as one that fails.
const readyTimeout = 5 * time.Second

// Options of the operator's handler. Checks and Logger are required.
type Options struct {
	Checks   []Check                                     // all of them must pass for the daemon to be ready
	Trackers func(ctx context.Context) map[string]string // name → state in words, which changes no readiness; may be nil
	Version  string                                      // shown by /readyz
	Metrics  http.Handler                                // answers GET /metrics; nil: nobody does
	Pprof    bool                                        // serves the profiles of the process below /debug/pprof/
	Logger   *slog.Logger
}

// Check is one thing that must be so for the daemon to be ready.
type Check struct {
	Name string                          // such as "store"
	Pass func(ctx context.Context) error // an error says what is not as it must be
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready    bool              `json:"ready"`
	Version  string            `json:"version"`
	Checks   map[string]string `json:"checks"`             // "ok", or what is not as it must be
	Trackers map[string]string `json:"trackers,omitempty"` // events are kept while one is in trouble
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
		mux.Handle(pattern, handler)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		mux.ServeHTTP(w, r)
	})
}

func (o Options) routes() map[string]http.Handler {
	all := map[string]http.Handler{
		"GET /healthz": http.HandlerFunc(o.healthz),
		"GET /readyz":  http.HandlerFunc(o.readyz),
	}
	if o.Metrics != nil {
		all["GET /metrics"] = o.Metrics
	}
	if o.Pprof {
		maps.Copy(all, profiles())
	}
	if proof.Enabled {
		all["GET /proof/runtime"] = http.HandlerFunc(o.runtime)
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
	state, status := readiness{Ready: true, Version: o.Version, Checks: make(map[string]string)}, http.StatusOK
	for _, c := range o.Checks {
		state.Checks[c.Name] = "ok"
		if err := c.Pass(ctx); err != nil {
			state.Ready, state.Checks[c.Name], status = false, err.Error(), http.StatusServiceUnavailable
		}
	}
	if o.Trackers != nil {
		state.Trackers = o.Trackers(ctx)
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
