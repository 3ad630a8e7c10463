package daemon

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// LastError is the newest error that was logged since the start.
type LastError struct {
	At      time.Time `json:"at"`
	Message string    `json:"message"` // what was done
	Detail  string    `json:"detail"`  // its attributes, such as "tracker=jira error=…", as they were logged; cut
}

// longestDetail is how many bytes of an error's attributes are remembered.
const longestDetail = 600

// errorMemory is a log handler that passes everything on and remembers the newest error.
type errorMemory struct {
	slog.Handler

	last  *atomic.Pointer[LastError] // shared by all handlers that were made of one
	attrs string                     // of With, in words
}

func rememberErrors(next slog.Handler) *errorMemory {
	return &errorMemory{Handler: next, last: new(atomic.Pointer[LastError])}
}

// newest gives the newest error, nil as long as there was none.
func (m *errorMemory) newest() *LastError { return m.last.Load() }

// Enabled wants every error, whatever is logged.
func (m *errorMemory) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError || m.Handler.Enabled(ctx, level)
}

// Handle remembers an error and passes the record on.
func (m *errorMemory) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		words := []string{m.attrs}
		r.Attrs(func(a slog.Attr) bool {
			words = append(words, inOneWord(a))
			return true
		})
		m.last.Store(&LastError{At: r.Time.UTC(), Message: r.Message, Detail: joined(words)})
	}
	if !m.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return m.Handler.Handle(ctx, r)
}

// WithAttrs gives a handler that has the same memory.
func (m *errorMemory) WithAttrs(attrs []slog.Attr) slog.Handler {
	words := []string{m.attrs}
	for _, a := range attrs {
		words = append(words, inOneWord(a))
	}
	return &errorMemory{Handler: m.Handler.WithAttrs(attrs), last: m.last, attrs: joined(words)}
}

// WithGroup gives a handler that has the same memory.
func (m *errorMemory) WithGroup(name string) slog.Handler {
	return &errorMemory{Handler: m.Handler.WithGroup(name), last: m.last, attrs: m.attrs}
}

// inOneWord writes an attribute; a stack is for the log alone.
func inOneWord(a slog.Attr) string {
	if a.Key == "stack" {
		return ""
	}
	return a.Key + "=" + a.Value.Resolve().String()
}

func joined(words []string) string {
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	return oneLine(strings.Join(words, " "), longestDetail)
}
