package receive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticketd/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token      = "123456abcde-a-token-of-the-tests"
	capability = "zIGVD0dM-a-capability-of-the-tests"
)

func credential(name, secret string) Credential {
	return Credential{Name: name, SHA256: sha256.Sum256([]byte(secret))}
}

// logs is a log that a test can read while others write it.
type logs struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// door is a handler over a real store.
type door struct {
	*Handler
	t     testing.TB
	store *store.Store
	logs  *logs
}

// open makes a door; change may alter the options before.
func open(t testing.TB, change func(*Options)) *door {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Path: filepath.Join(t.TempDir(), "ticketd.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &door{t: t, store: s, logs: &logs{}}
	o := Options{
		Store:        s,
		Tokens:       []Credential{credential("old", "an-older-token"), credential("portal", token)},
		Capabilities: []Credential{credential("hook", capability)},
		Logger:       slog.New(slog.NewJSONHandler(d.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&o)
	}
	if d.Handler, err = New(o); err != nil {
		t.Fatal(err)
	}
	return d
}

// events gives all stored bodies.
func (d *door) events() []store.Event {
	d.t.Helper()
	events, err := d.store.Events(context.Background(), store.EventFilter{Limit: 10_000})
	if err != nil {
		d.t.Fatal(err)
	}
	return events
}

// post sends a body with the token and gives the answer.
func (d *door) post(body string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", DefaultPath, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// serve puts the door behind its real server on loopback and gives the address.
func (d *door) serve() string {
	d.t.Helper()
	s := httptest.NewUnstartedServer(d)
	s.Config = Server(d, d.o.Logger)
	s.Start()
	d.t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// untouchable is a body that must not be read.
type untouchable struct{ t testing.TB }

func (u untouchable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// stalled is a body that tells when it is read, and ends when it is released.
type stalled struct {
	reading chan<- struct{}
	release <-chan struct{}
	once    sync.Once
}

func (s *stalled) Read(p []byte) (int, error) {
	n := 0
	s.once.Do(func() { n = copy(p, "{}"); s.reading <- struct{}{} })
	if n > 0 {
		return n, nil
	}
	<-s.release
	return 0, io.EOF
}

// panicking is a body that panics with what it holds.
type panicking struct{ with any }

func (p panicking) Read([]byte) (int, error) { panic(p.with) }

var errCut = errors.New("connection reset")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errCut }

func at(seconds int64) func() time.Time {
	return func() time.Time { return time.Unix(seconds, 0) }
}
