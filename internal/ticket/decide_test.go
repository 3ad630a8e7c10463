package ticket_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"ticketd/internal/ticket"
)

func TestEveryStatusHasOneDecision(t *testing.T) {
	for _, c := range []struct {
		status      int
		read, write ticket.Decision
	}{
		{100, ticket.Retry, ticket.Doubt},
		{301, ticket.HoldDestination, ticket.HoldDestination},
		{302, ticket.HoldDestination, ticket.HoldDestination},
		{307, ticket.HoldDestination, ticket.HoldDestination},
		{400, ticket.HoldTicket, ticket.HoldTicket},
		{401, ticket.HoldTracker, ticket.HoldTracker},
		{403, ticket.HoldDestination, ticket.HoldDestination},
		{404, ticket.HoldDestination, ticket.HoldDestination},
		{405, ticket.HoldDestination, ticket.HoldDestination},
		{407, ticket.HoldTracker, ticket.HoldTracker},
		{408, ticket.Retry, ticket.Doubt},
		{409, ticket.Conflict, ticket.Conflict},
		{410, ticket.HoldDestination, ticket.HoldDestination},
		{412, ticket.Conflict, ticket.Conflict},
		{413, ticket.HoldTicket, ticket.HoldTicket},
		{415, ticket.HoldDestination, ticket.HoldDestination},
		{422, ticket.HoldTicket, ticket.HoldTicket},
		{429, ticket.Pause, ticket.Pause},
		{451, ticket.HoldDestination, ticket.HoldDestination},
		{500, ticket.Retry, ticket.Doubt},
		{502, ticket.Retry, ticket.Doubt},
		{503, ticket.Retry, ticket.Doubt},
		{504, ticket.Retry, ticket.Doubt},
		{599, ticket.Retry, ticket.Doubt},
	} {
		if got := ticket.Decide(c.status, false); got != c.read {
			t.Errorf("read answered %d: %v, want %v", c.status, got, c.read)
		}
		if got := ticket.Decide(c.status, true); got != c.write {
			t.Errorf("write answered %d: %v, want %v", c.status, got, c.write)
		}
	}
}

func TestRetryAfterIsClampedWhateverItSays(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		header string
		want   time.Duration
	}{
		{"", 0},
		{"0", time.Second},
		{"30", 30 * time.Second},
		{" 10 ", 10 * time.Second},
		{"3600", time.Hour},
		{"99999999", time.Hour},
		{"9223372036854775807", time.Hour},
		{"99999999999999999999999", time.Hour},
		{"-5", time.Minute},
		{"10.5", time.Minute},
		{"soon", time.Minute},
		{now.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		{now.Add(90 * time.Second).Format(time.RFC850), 90 * time.Second},
		{now.Add(-time.Hour).Format(http.TimeFormat), time.Second},
		{"Fri, 31 Dec 9999 23:59:59 GMT", time.Hour},
	} {
		if got := ticket.RetryAfter(c.header, now); got != c.want {
			t.Errorf("Retry-After %q: %v, want %v", c.header, got, c.want)
		}
	}
}

func TestAnErrorWithoutADecisionIsInDoubt(t *testing.T) {
	if got := ticket.DecisionOf(errors.New("who knows")); got != ticket.Doubt {
		t.Errorf("got %v", got)
	}
	wrapped := errors.Join(errors.New("context"), &ticket.Error{Decision: ticket.Pause})
	if got := ticket.DecisionOf(wrapped); got != ticket.Pause {
		t.Errorf("wrapped: got %v", got)
	}
}

func TestAnErrorTellsAllFieldErrorsInOrder(t *testing.T) {
	e := &ticket.Error{Op: "create", Status: 400, Message: "refused", Fields: map[string]string{
		"priority": "not on the screen", "components": "unknown", "summary": "too long",
	}}
	want := "create: HTTP 400: refused; components: unknown; priority: not on the screen; summary: too long"
	if got := e.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAFenceDigestIgnoresWhatTrackersRewrite(t *testing.T) {
	if ticket.FenceDigest("one *two*\r\n three") != ticket.FenceDigest("one two three") {
		t.Error("white space and escapes count as an edit")
	}
	if ticket.FenceDigest("one two three") == ticket.FenceDigest("one two four") {
		t.Error("an edit does not count")
	}
}
