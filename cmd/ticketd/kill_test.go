package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketd/internal/datatheorem/samples"
	"ticketd/internal/jira/jiratest"
	proof "ticketd/internal/proof/program"
)

const (
	openedSample   = "API_SECURE__POLICY_VIOLATION_OPENED"
	resolvedSample = "API_SECURE__POLICY_VIOLATION_RESOLVED"
)

func TestAnOpeningSurvivesAnAbsentTrackerAndAKill(t *testing.T) {
	t.Parallel() // it waits for the daemon more than it works
	address := reserve(t, "127.0.0.2")
	s := proof.New(t, proof.Options{Env: hurry(), Address: address})
	missed := func() bool { return bytes.Contains(s.Log(), []byte("cannot be reached")) }
	s.Start()
	postSample(t, s, openedSample)
	proof.Eventually(t, "the tracker was missed", missed)
	s.Kill()
	s.Start()
	proof.Eventually(t, "the tracker was missed again", missed)
	if status, got := s.Get("/readyz"); status != http.StatusOK || !strings.Contains(got, "does not answer") {
		t.Errorf("a daemon without its tracker says %d %s", status, got)
	}
	proof.ServeAt(t, address, s.Jira)
	proof.Eventually(t, "there is one open issue", func() bool { return statusOf(s) == "To Do" })
}

func TestAClosingSurvivesAnUnwellTrackerAndAKill(t *testing.T) {
	t.Parallel() // it waits for the daemon more than it works
	s := proof.New(t, proof.Options{Env: hurry()})
	s.Start()
	postSample(t, s, openedSample)
	proof.Eventually(t, "there is one open issue", func() bool { return statusOf(s) == "To Do" })
	s.Jira.Fail(jiratest.Fault{Kind: jiratest.Answer, Code: http.StatusServiceUnavailable, Times: -1})
	postSample(t, s, resolvedSample)
	proof.Eventually(t, "the tracker refused", func() bool {
		return bytes.Contains(s.Log(), []byte("tracker call did not succeed"))
	})
	s.Kill()
	s.Jira.Heal()
	s.Start()
	proof.Eventually(t, "the issue is closed", func() bool { return statusOf(s) == "Done" })
	if n := len(s.Jira.Issues()[0].Comments); n != 1 {
		t.Errorf("%d comments, want one", n)
	}
}

func TestAKillInTheMiddleOfACreateMakesNoSecondIssue(t *testing.T) {
	t.Parallel() // it waits for the daemon more than it works
	s := proof.New(t, proof.Options{Env: hurry()})
	s.Start()
	s.Jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Slow, Effect: true, Delay: 5 * time.Second})
	postSample(t, s, openedSample)
	proof.Eventually(t, "the create was sent", func() bool { return s.Jira.Calls()["create"] == 1 })
	s.Kill()
	s.Start()
	postSample(t, s, resolvedSample)
	proof.Eventually(t, "the issue was adopted and closed", func() bool { return statusOf(s) == "Done" })
	if n := s.Jira.Calls()["create"]; n != 1 {
		t.Errorf("%d creates, want one", n)
	}
}

// hurry makes the waits after failures short.
func hurry() []string { return []string{proof.Hurry(10)} }

// reserve gives a port at which nobody answers, on an address of its own so that nobody else is given
// the port meanwhile.
func reserve(t *testing.T, loopback string) (address string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		t.Skipf("this machine has no loopback address %s: %v", loopback, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

func postSample(t *testing.T, s *proof.Service, sample string) {
	t.Helper()
	if status, err := s.Post(t.Context(), samples.Body(sample)); err != nil || status != http.StatusOK {
		t.Fatalf("the webhook answered %d, %v", status, err)
	}
}

// statusOf is that of the one issue.
func statusOf(s *proof.Service) string {
	all := s.Jira.Issues()
	if len(all) != 1 {
		return fmt.Sprintf("%d issues", len(all))
	}
	return all[0].Status
}
