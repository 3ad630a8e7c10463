package outbound_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketd/internal/outbound"
)

func TestAFailureTellsItsCauseInOneShortLineAndKeepsIt(t *testing.T) {
	cause := fmt.Errorf("parsing %q: %w", strings.Repeat("x", 1<<20)+"\x1b[31m", io.ErrUnexpectedEOF)
	e := new(outbound.Exchange).Failure("create", fmt.Errorf("a\r\nforged line\x1b: %w", cause))
	if text := e.Error(); len(text) > 1000 || strings.ContainsAny(text, "\r\n\x1b") {
		t.Errorf("%d bytes: %.200q", len(text), text)
	}
	if !errors.Is(e, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
}

func TestACredentialThatTheTrackerRepeatsIsCutOut(t *testing.T) {
	const token = "canary-token-of-some-length"
	for name, authorize := range map[string]func(*http.Request){
		"bearer": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) },
		"basic":  func(r *http.Request) { r.SetBasicAuth("bot@example.com", token) },
	} {
		c, base := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Request-Id", r.Header.Get("Authorization"))
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"message":"bad header %s, that is %s"}`, r.Header.Get("Authorization"), token)
		}, func(o *outbound.Options) { o.Authorize = func(r *http.Request) error { authorize(r); return nil } })
		x, err := call(t, c, http.MethodPost, base)
		if err != nil {
			t.Fatal(err)
		}
		told, basic := string(x.Body)+fmt.Sprint(x.Header), base64.StdEncoding.EncodeToString([]byte("bot@example.com:"+token))
		if strings.Contains(told, token) || strings.Contains(told, basic) {
			t.Errorf("%s: %s", name, told)
		}
	}
}

func TestACredentialInABrokenAnswerIsCutOutOfTheError(t *testing.T) {
	const token = "canary-token-of-some-length"
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.ReadAtLeast(conn, make([]byte, 64), 1)
		_, _ = io.WriteString(conn, "HTTP/9 "+token+"\r\n\r\n")
		_ = conn.Close()
	}()
	c, _ := serve(t, nil, func(o *outbound.Options) {
		o.Base.Host = l.Addr().String()
		o.Authorize = func(r *http.Request) error { r.Header.Set("Authorization", "Bearer "+token); return nil }
	})
	x, err := call(t, c, http.MethodPost, "http://"+l.Addr().String())
	if err == nil {
		t.Fatal("no error")
	}
	if e := x.Failure("create", x.Err); strings.Contains(e.Error(), token) {
		t.Errorf("%v", e)
	}
}

func TestAPauseUntilADateIsMeasuredOnTheTrackersClock(t *testing.T) {
	theirs := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	ours := theirs.Add(20 * time.Minute)
	c, base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", theirs.Format(http.TimeFormat))
		w.Header().Set("Retry-After", theirs.Add(5*time.Minute).Format(http.TimeFormat))
		w.WriteHeader(http.StatusTooManyRequests)
	}, nil)
	x, err := call(t, c, http.MethodGet, base)
	if err != nil {
		t.Fatal(err)
	}
	if got := x.After(ours); got != 5*time.Minute {
		t.Errorf("%v, want 5m: a second at a time would be asked until then", got)
	}
	if got := new(outbound.Exchange).Now(ours); !got.Equal(ours) {
		t.Errorf("without an answer it is %v, want our own time", got)
	}
}
