package demo

import (
	"bytes"
	"context"
	"errors"
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
		for _, want := range []string{"Bearer " + s.token, s.webhook(), "/hooks/" + s.secret, `{ "event": "Hello, world!" }`, "opening.json"} {
			if !strings.Contains(told, want) {
				t.Errorf("not told: %q", want)
			}
		}
	})
}
