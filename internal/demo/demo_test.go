package demo

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheStoryComesTrueAndIsTold(t *testing.T) {
	var out bytes.Buffer
	if err := Run(t.Context(), Options{Out: &out, Once: true, Version: "test"}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	told := out.String()
	for _, want := range []string{
		"the set-up probe, answered 200",
		"rule     api-web-cloud", "SEC-1 created", "SEC-1 closed as resolved", `SEC-2 closed as wont_fix, now "Done"`, "SEC-1 reopened",
		"rule     mobile", "acme/mobile-app#1 comment posted", "acme/mobile-app#1 comment deleted", "#1 closed as fixed", "#2 closed as risk_accepted",
		"All 12 parts came true.",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("not told: %q", want)
		}
	}
	if strings.Contains(told, "trouble") {
		t.Errorf("there was trouble:\n%s", told)
	}
}

// onStage runs a test with the daemon and the practice trackers up.
func onStage(t *testing.T, test func(s *stage)) {
	t.Helper()
	var out bytes.Buffer
	s, err := build(t.Context(), Options{Out: &out, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.daemon.Run(ctx) }()
	defer func() {
		cancel()
		if err := errors.Join(<-ended, s.clear()); err != nil {
			t.Error(err)
		}
	}()
	test(s)
}

func TestAPartThatTurnsOutOtherwiseIsAnError(t *testing.T) {
	onStage(t, func(s *stage) {
		part := story()[1]
		part.truth = jiraIs(1, "Done")
		if err := s.perform(t.Context(), part); !errors.Is(err, errStory) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAPartThatNeverHappensIsAnError(t *testing.T) {
	onStage(t, func(s *stage) {
		s.patience = time.Second
		part := story()[5] // a target is fixed that never was opened: there is no issue to close
		if err := s.perform(t.Context(), part); !errors.Is(err, errStory) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTheInvitationPostsWithWhatTheDaemonAccepts(t *testing.T) {
	onStage(t, func(s *stage) {
		s.invite()
		told := s.out.(*bytes.Buffer).String()
		for _, want := range []string{"Bearer " + s.token, s.webhook(), "/hooks/" + s.secret, `{ "event": "Hello, world!" }`, "opening.json",
			"ticketd status --config " + s.dir, "http://" + s.daemon.AdminAddr() + "/metrics"} {
			if !strings.Contains(told, want) {
				t.Errorf("not told: %q", want)
			}
		}
	})
}

func TestWhateverIsPostedByHandIsTold(t *testing.T) {
	for _, c := range []struct {
		name, message string
		attrs         []any
		want          string
	}{
		{"the same body", "event received", []any{"outcome", "repeated", "event", 3}, "event    the body of event 3 again: counted, nothing to do\n"},
		{"a new body, of which more follows", "event received", []any{"outcome", "accepted", "event", 3}, ""},
		{"a wrong token", "request refused", []any{"outcome", "unauthorized"}, "refused  a request, for it is unauthorized\n"},
		{"a login", "event personal", []any{"type", "USER"}, "event    USER\n               tells of a person: counted, its body erased; no ticket\n"},
		{"a type that is not in the table", "event unhandled", []any{"type", "NEW", "reason", "not known"}, "event    NEW\n               kept, no ticket: not known\n"},
		{"garbage", "event unparsed", []any{"type", "", "reason", "not JSON"}, "event    a body of unknown kind\n               kept, no ticket: not JSON\n"},
		{"a note", "event applied", []any{"type", "NOTE", "finding", "parent/p", "note", "n", "deleted", true}, "event    NOTE\n               a note was deleted on finding p\n"},
		{"anything else that is wrong", "trouble ahead", []any{"b", "x y", "a", 1}, `trouble  trouble ahead a="1" b="x y"` + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			r := slog.NewRecord(time.Time{}, slog.LevelWarn, c.message, 0)
			r.Add(c.attrs...)
			(&stage{out: &out}).tell(r)
			if got := strings.TrimLeft(out.String(), " "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
