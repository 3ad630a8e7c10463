package metrics_test

import (
	"errors"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticketd/internal/metrics"
	"ticketd/internal/ticket"
	"ticketd/store"
)

func TestARequestCountsByItsRouteAndAnAcknowledgementIsTimed(t *testing.T) {
	b := newBench(t)
	b.Answered("token", "accepted", true, 3*time.Millisecond)
	b.now = b.now.Add(time.Minute)
	b.Answered("token", "repeated", true, 30*time.Millisecond)
	b.now = b.now.Add(time.Minute)
	b.Answered("unknown", "not_found", false, time.Millisecond)
	b.expect(map[string]string{
		`ticketd_webhook_requests_total{outcome="accepted",route="token"}`:     "1",
		`ticketd_webhook_requests_total{outcome="repeated",route="token"}`:     "1",
		`ticketd_webhook_requests_total{outcome="unauthorized",route="token"}`: "0",
		`ticketd_webhook_requests_total{outcome="not_found",route="unknown"}`:  "1",
		`ticketd_webhook_ack_seconds_bucket{le="0.005"}`:                       "1",
		`ticketd_webhook_ack_seconds_count`:                                    "2",
		`ticketd_last_event_timestamp_seconds`:                                 "1.79543526e+09",
	})
}

func TestACallCountsByTheDecisionThatItLedTo(t *testing.T) {
	b := newBench(t)
	const up = `ticketd_tracker_up{tracker="cloud"}`
	for _, c := range []struct {
		err     error
		outcome string
		up      string
	}{
		{nil, "ok", "1"},
		{&ticket.Error{Decision: ticket.Doubt}, "doubt", "0"},
		{&ticket.Error{Decision: ticket.HoldTicket}, "hold-ticket", "1"},
		{errors.New("anything"), "doubt", "0"},
		{&ticket.Error{Decision: ticket.Pause, After: time.Minute}, "pause", "1"},
		{&ticket.Error{Decision: ticket.Retry}, "retry", "0"},
		{&ticket.Error{Decision: ticket.Retry, After: time.Minute}, "retry", "1"},
		{&ticket.Error{Decision: ticket.HoldTracker}, "hold-tracker", "1"},
	} {
		series := `ticketd_tracker_calls_total{operation="create",outcome="` + c.outcome + `",tracker="cloud"}`
		before := b.scrape()[series]
		b.Call("cloud", metrics.Create, c.err, time.Second)
		if after := b.scrape(); after[series] == before || after[up] != c.up {
			t.Errorf("%v: %s was %s and is %s, %s is %s", c.err, series, before, after[series], up, after[up])
		}
	}
	b.expect(map[string]string{
		`ticketd_tracker_call_seconds_count{operation="create",tracker="cloud"}`: "8",
		`ticketd_tracker_call_seconds_count{operation="create",tracker="hub"}`:   "0",
		`ticketd_tracker_up{tracker="hub"}`:                                      "1",
	})
}

func TestAQuotaIsWhatTheNewestAnswerToldUntilItIsReset(t *testing.T) {
	b := newBench(t)
	names := []string{"ticketd_tracker_quota_remaining", "ticketd_tracker_quota_limit", "ticketd_tracker_quota_reset_timestamp_seconds"}
	b.absent(names...)
	b.Quota("hub", ticket.Quota{Resource: "core", Limit: 5000, Remaining: 4999, Reset: noon.Add(time.Hour)})
	b.Quota("hub", ticket.Quota{Resource: "core", Limit: 5000, Remaining: 17, Reset: noon.Add(time.Hour)})
	b.Quota("cloud", ticket.Quota{Resource: "requests", Remaining: 3})
	b.expect(map[string]string{
		`ticketd_tracker_quota_remaining{resource="core",tracker="hub"}`:               "17",
		`ticketd_tracker_quota_limit{resource="core",tracker="hub"}`:                   "5000",
		`ticketd_tracker_quota_reset_timestamp_seconds{resource="core",tracker="hub"}`: "1.7954388e+09",
		`ticketd_tracker_quota_remaining{resource="requests",tracker="cloud"}`:         "3",
		`ticketd_tracker_quota_limit{resource="requests",tracker="cloud"}`:             "",
	})
	if got := b.Quotas("hub"); len(got) != 1 || got[0].Remaining != 17 {
		t.Errorf("%+v", got)
	}
	b.now = b.now.Add(time.Hour)
	if got := b.Quotas("hub"); len(got) != 0 {
		t.Errorf("after the reset: %+v", got)
	}
	b.expect(map[string]string{
		`ticketd_tracker_quota_remaining{resource="core",tracker="hub"}`:       "",
		`ticketd_tracker_quota_remaining{resource="requests",tracker="cloud"}`: "3",
	})
}

func TestWithoutTheStoreAScrapeGivesTheRest(t *testing.T) {
	b := newBench(t)
	b.expect(map[string]string{"ticketd_store_scrape_error": "0", "ticketd_store_writable": "1", `ticketd_backlog{stage="apply",tracker=""}`: "0"})
	b.Event("note", "applied")
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	b.expect(map[string]string{
		"ticketd_store_scrape_error":                          "1",
		"ticketd_store_writable":                              "0",
		"ticketd_store_broken":                                "0",
		`ticketd_events_total{kind="note",outcome="applied"}`: "1",
	})
	b.absent("ticketd_tickets", "ticketd_findings_unrouted")
}

func TestAWriteThatHangsDoesNotHoldUpAScrape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		hangs, goOn := make(chan struct{}), make(chan struct{})
		var hanging sync.WaitGroup
		hanging.Go(func() {
			err := b.store.Apply(t.Context(), func(*store.Tx) error {
				close(hangs)
				<-goOn
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-hangs
		b.expect(map[string]string{"ticketd_store_writable": "0", "ticketd_store_scrape_error": "0"})
		close(goOn)
		hanging.Wait()
		b.expect(map[string]string{"ticketd_store_writable": "1"})
	})
}

func TestThatTheStoreBrokeIsToldForAnHour(t *testing.T) {
	b := newBench(t)
	b.broke = noon
	b.now = noon.Add(59 * time.Minute)
	b.expect(map[string]string{"ticketd_store_broken": "1"})
	b.now = noon.Add(time.Hour)
	b.expect(map[string]string{"ticketd_store_broken": "0"})
}

func TestPromtoolFindsNoFault(t *testing.T) {
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("there is no promtool here (Debian: prometheus)")
	}
	b := newBench(t)
	b.Quota("hub", ticket.Quota{Resource: "core", Limit: 5000, Remaining: 17, Reset: noon.Add(time.Hour)})
	check := exec.CommandContext(t.Context(), tool, "check", "metrics")
	check.Stdin = strings.NewReader(b.page())
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
