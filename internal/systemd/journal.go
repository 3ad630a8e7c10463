package systemd

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"syscall"
)

// JournalStream is the variable that names the journal's end of a stream, as "device:inode".
const JournalStream = "JOURNAL_STREAM"

// IsJournal tells whether w is the stream to the journal that JOURNAL_STREAM names: a service's standard
// error may have been redirected since, or be that of a shell in the service.
func IsJournal(w io.Writer, journalStream string) bool {
	file, ok := w.(*os.File)
	if !ok || journalStream == "" {
		return false
	}
	info, err := file.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && fmt.Sprintf("%d:%d", stat.Dev, stat.Ino) == journalStream
}

// Prefixed gives a writer that puts a priority, which the journal takes away again, before each line.
// Each Write must be of one line.
func Prefixed(w io.Writer, p Priority) io.Writer { return prefixed{w, fmt.Sprintf("<%d>", p)} }

// Priority is what the journal files a line under; see sd-daemon(3).
type Priority int

// The priorities that there are levels for.
const (
	Error   Priority = 3
	Warning Priority = 4
	Info    Priority = 6
	Debug   Priority = 7
)

type prefixed struct {
	w      io.Writer
	prefix string
}

func (p prefixed) Write(line []byte) (int, error) {
	whole := make([]byte, 0, len(p.prefix)+len(line))
	n, err := p.w.Write(append(append(whole, p.prefix...), line...)) // at once, or another's line may come between
	return max(0, n-len(p.prefix)), err
}

// NewHandler gives a handler of which each record is a line with the priority of its level. format makes
// the handler that writes the line. w must take writes of several goroutines at once, as a file does.
func NewHandler(w io.Writer, format func(io.Writer) slog.Handler) slog.Handler {
	return prioritised{
		format(Prefixed(w, Debug)), format(Prefixed(w, Info)), format(Prefixed(w, Warning)), format(Prefixed(w, Error)),
	}
}

// prioritised is a handler for each priority, the least first.
type prioritised [4]slog.Handler

func (p prioritised) of(level slog.Level) slog.Handler {
	switch {
	case level < slog.LevelInfo:
		return p[0]
	case level < slog.LevelWarn:
		return p[1]
	case level < slog.LevelError:
		return p[2]
	default:
		return p[3]
	}
}

// Enabled is that of the format.
func (p prioritised) Enabled(ctx context.Context, level slog.Level) bool {
	return p.of(level).Enabled(ctx, level)
}

// Handle writes a record.
func (p prioritised) Handle(ctx context.Context, r slog.Record) error {
	return p.of(r.Level).Handle(ctx, r)
}

// WithAttrs is that of the format.
func (p prioritised) WithAttrs(attrs []slog.Attr) slog.Handler {
	for i, h := range p {
		p[i] = h.WithAttrs(attrs)
	}
	return p
}

// WithGroup is that of the format.
func (p prioritised) WithGroup(name string) slog.Handler {
	for i, h := range p {
		p[i] = h.WithGroup(name)
	}
	return p
}
