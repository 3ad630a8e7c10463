package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ticketd/internal/daemon"
	proof "ticketd/internal/proof/program"
	"ticketd/store"
)

// troubled is a status with something of everything.
func troubled() daemon.Status {
	now := noon()
	return daemon.Status{
		Running: true, Version: "v1.4.0", Instance: "default", Started: now.Add(-76 * time.Hour), Now: now, Ready: true,
		Attention: []string{"security refuses the credential: renew its file", "held tickets: 7; `ticketd tickets list --state held` lists them, `ticketd tickets show ID` tells all of one"},
		Backlog: []daemon.Backlog{
			{Stage: daemon.StageReceive, Waiting: 2}, {Stage: daemon.StageApply},
			{Stage: daemon.StageDeliver, Tracker: "oss", Waiting: 1, Oldest: 3}, {Stage: daemon.StageDeliver, Tracker: "security", Waiting: 12, Oldest: 4000},
		},
		Trackers: []daemon.TrackerStatus{
			{Name: "oss", State: "ok", Doing: &daemon.Doing{Action: "create", Ticket: 12, Since: now.Add(-3 * time.Second)},
				Quotas: []daemon.Quota{{Resource: "core", Limit: 5000, Remaining: 4321, Reset: now.Add(23 * time.Minute)}, {Resource: "search", Remaining: 9}}},
			{Name: "security", State: "paused (credential) until 2026-03-04T12:03:00Z",
				Pauses: []daemon.Pause{{Kind: "credential", Reason: "identity: HTTP 401: " + hostile, Until: now.Add(3 * time.Minute)}}},
		},
		Tickets: map[store.TicketState]int{store.TicketWanted: 12, store.TicketLive: 120, store.TicketClosed: 44, store.TicketHeld: 7},
		Held: daemon.HeldStatus{Count: 7, Newest: []daemon.HeldTicket{
			{ID: 200, Issue: "SEC-12", Tracker: "security", Project: "SEC", Rule: "payments", Reason: "no way to Done", Hint: "set on.fixed.transitions", Since: now},
			{ID: 199, Tracker: "security", Project: "SEC", Rule: "payments", Reason: "create: HTTP 400: " + hostile, Hint: "fill " + hostile, Since: now.Add(-time.Hour)},
		}},
		Unrouted:  4,
		LastEvent: &daemon.LastEvent{Seq: 4711, Received: now.Add(-5 * time.Minute), Source: "data-theorem", Type: "API_SECURE__POLICY_VIOLATION_OPENED", State: "applied"},
		LastError: &daemon.LastError{At: now.Add(-90 * time.Minute), Message: "delivering", Detail: "tracker=security error=" + hostile},
		Store:     daemon.StoreStatus{Path: "/var/lib/ticketd/ticketd.db", Database: 12_345_678, Log: 999, Free: 20_000_000_000},
	}
}

func TestTheScreenOfAStatusLooksAsTheGoldenFilesSay(t *testing.T) {
	well := troubled()
	well.Attention, well.Held, well.Unrouted, well.LastError = nil, daemon.HeldStatus{}, 1, nil
	well.Backlog, well.Trackers = well.Backlog[:3], well.Trackers[:1]
	well.Tickets = map[store.TicketState]int{store.TicketLive: 120}
	stopped := troubled()
	stopped.Running, stopped.LastEvent, stopped.LastError, stopped.Backlog = false, nil, nil, stopped.Backlog[1:]
	stopped.Trackers = []daemon.TrackerStatus{{Name: "oss", State: "not paused"}, stopped.Trackers[1]}
	full := well
	full.Ready, full.Reason = false, "store: writing to the store: the disk is full"
	full.Attention = []string{"it is not ready: " + full.Reason}
	for name, s := range map[string]daemon.Status{"troubled": troubled(), "well": well, "stopped": stopped, "full": full} {
		text := statusScreen(s)
		golden(t, filepath.Join("testdata", "status", name+".txt"), text)
		if acted(strings.ReplaceAll(text, "\n", "")) {
			t.Errorf("%s: a terminal would act on %q", name, text)
		}
		if lines := strings.Count(text, "\n"); lines > 50 {
			t.Errorf("%s has %d lines, which is more than a screen", name, lines)
		}
	}
}

func TestSizesAreToldInUnitsOfAThousand(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 12_345_678: "12.3 MB", 20_000_000_000: "20.0 GB", 7_000_000_000_000_000: "7000.0 TB",
	} {
		if got := inBytes(n); got != want {
			t.Errorf("%d is told as %q, want %q", n, got, want)
		}
	}
}

// asked runs `ticketd status` and gives what came of it.
func asked(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), append([]string{"status"}, args...), streams{stdout: &out, stderr: &err}, nil)
	return code, out.String(), err.String()
}

// refusedCredentialIsTold looks at the status of a running daemon whose one tracker, oss, takes no
// credential, until that has been found out.
func refusedCredentialIsTold(t *testing.T, config string) {
	t.Helper()
	var code int
	var stdout, stderr string
	proof.Eventually(t, "the status asks for a person", func() bool {
		code, stdout, stderr = asked(t, "--config", config)
		return code != exitOK
	})
	if code != exitFailure || !strings.Contains(stdout, "is ready; up ") || !strings.Contains(stdout, "\n  oss refuses the credential: renew its file") ||
		!strings.Contains(stderr, "ticketd: a person must look at 1 thing, see above") {
		t.Errorf("status ends with %d and says %s%s", code, stdout, stderr)
	}
	if code, _, stderr := asked(t, "--config", config, "--alive"); code != exitOK {
		t.Errorf("status --alive of a daemon that answers ends with %d and says %s", code, stderr)
	}
	var s daemon.Status
	_, stdout, _ = asked(t, "--config", config, "--json")
	if err := json.Unmarshal([]byte(stdout), &s); err != nil || !s.Running || !s.Ready || s.LastEvent == nil || s.LastEvent.Source != "test" {
		t.Errorf("status --json says %s: %v", stdout, err)
	}
}

func TestWhereNoSocketCanBeTheStatusIsThatOfTheDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("long", 30), "ticketd.db")
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := asked(t, "--store", path)
	if code != exitFailure || !strings.Contains(stdout, "No ticketd answers") || !strings.Contains(stderr, "too long for a socket") ||
		!strings.Contains(stderr, "hint: give store.path a shorter one") {
		t.Errorf("status ends with %d and says %s%s", code, stdout, stderr)
	}
}
