package systemd

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"syscall"
	"testing"
)

// pipe gives both ends of a pipe, and what JOURNAL_STREAM would say if the journal read it.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() }) // one may be closed
	return r, w
}

func TestEachLineHasThePriorityOfItsLevelInTheJournal(t *testing.T) {
	r, w := pipe(t)
	log := slog.New(NewHandler(w, textWithoutTime(slog.LevelDebug))).With("a", 1).WithGroup("g")
	log.Debug("nothing")
	log.Info("something", "b", 2)
	log.Warn("more")
	log.Error("much", "text", "two\nlines")
	log.Log(t.Context(), slog.LevelError+4, "worse")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := readAll(t, r)
	want := `<7>level=DEBUG msg=nothing a=1
<6>level=INFO msg=something a=1 g.b=2
<4>level=WARN msg=more a=1
<3>level=ERROR msg=much a=1 g.text="two\nlines"
<3>level=ERROR+4 msg=worse a=1
`
	if got != want {
		t.Errorf("the journal reads\n%swant\n%s", got, want)
	}
}

func TestALevelThatIsNotWantedIsNotWritten(t *testing.T) {
	r, w := pipe(t)
	log := slog.New(NewHandler(w, textWithoutTime(slog.LevelWarn)))
	log.Info("nothing")
	if log.Enabled(t.Context(), slog.LevelInfo) || !log.Enabled(t.Context(), slog.LevelError) {
		t.Error("the levels are not those of the format")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, r); got != "" {
		t.Errorf("the journal reads %q", got)
	}
}

func TestOnlyTheStreamThatSystemdNamedIsTheJournal(t *testing.T) {
	_, w := pipe(t)
	_, other := pipe(t)
	info, err := w.Stat()
	if err != nil {
		t.Fatal(err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Skip("this platform has no numbers of devices and files")
	}
	stream := fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
	for name, c := range map[string]struct {
		w      io.Writer
		stream string
		want   bool
	}{
		"it is":            {w, stream, true},
		"another":          {other, stream, false},
		"none named":       {w, "", false},
		"nonsense":         {w, "8:", false},
		"no file":          {new(bytes.Buffer), stream, false},
		"no file, no name": {nil, "", false},
	} {
		if got := IsJournal(c.w, c.stream); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// textWithoutTime is a format whose lines can be compared.
func textWithoutTime(least slog.Level) func(io.Writer) slog.Handler {
	return func(w io.Writer) slog.Handler {
		return slog.NewTextHandler(w, &slog.HandlerOptions{Level: least, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})
	}
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}
