package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ticketd/internal/daemon"
	"ticketd/store"
)

// statusScreen shows a status to a person who was woken for it: first what must be done, then the rest.
func statusScreen(s daemon.Status) string {
	var b strings.Builder
	b.WriteString(headline(s))
	if len(s.Attention) > 0 {
		b.WriteString("\nA person must look at this:\n")
		for _, what := range s.Attention {
			b.WriteString("  " + safe(what) + "\n")
		}
	}
	for _, rows := range [][][]string{backlogRows(s), trackerRows(s), pausedRows(s), quotaRows(s), stateRows(s), heldRows(s)} {
		b.WriteString(section(rows))
	}
	b.WriteString("\n" + table(lastRows(s)...))
	return b.String()
}

func headline(s daemon.Status) string {
	if !s.Running {
		return "No ticketd answers. This is what its database says.\n"
	}
	what := "ready"
	if !s.Ready {
		what = "NOT READY"
	}
	return fmt.Sprintf("ticketd %s, instance %q, is %s; up %s, since %s\n",
		safe(s.Version), s.Instance, what, daemon.Span(s.Now.Sub(s.Started)), clock(s.Started))
}

func backlogRows(s daemon.Status) [][]string {
	rows := [][]string{{"STAGE", "WAITS", "OLDEST"}}
	for _, w := range s.Backlog {
		oldest := ""
		if w.Waiting > 0 {
			oldest = daemon.Span(time.Duration(w.Oldest) * time.Second)
		}
		rows = append(rows, []string{strings.TrimSpace(w.Stage + " " + w.Tracker), strconv.Itoa(w.Waiting), oldest})
	}
	return rows
}

func trackerRows(s daemon.Status) [][]string {
	rows := [][]string{{"TRACKER", "STATE", "NOW"}}
	for _, t := range s.Trackers {
		now := ""
		if t.Doing != nil {
			now = fmt.Sprintf("%s of ticket %d, for %s", t.Doing.Action, t.Doing.Ticket, daemon.Span(s.Now.Sub(t.Doing.Since)))
		}
		rows = append(rows, []string{t.Name, t.State, now})
	}
	return rows
}

func quotaRows(s daemon.Status) [][]string {
	rows := [][]string{{"QUOTA", "OF", "LEFT", "ALL AGAIN IN"}}
	for _, t := range s.Trackers {
		for _, q := range t.Quotas {
			left := strconv.FormatInt(q.Remaining, 10)
			if q.Limit > 0 {
				left += " of " + strconv.FormatInt(q.Limit, 10)
			}
			resets := ""
			if !q.Reset.IsZero() {
				resets = daemon.Span(q.Reset.Sub(s.Now))
			}
			rows = append(rows, []string{q.Resource, t.Name, left, resets})
		}
	}
	return rows
}

func pausedRows(s daemon.Status) [][]string {
	var all []store.Scope
	for _, t := range s.Trackers {
		for _, p := range t.Pauses {
			all = append(all, store.Scope{Tracker: t.Name, Project: p.Project, PauseKind: p.Kind, PauseReason: p.Reason, PausedUntil: p.Until})
		}
	}
	return pauseRows(all)
}

func stateRows(s daemon.Status) [][]string {
	rows := [][]string{{"TICKETS", "COUNT"}}
	for _, state := range store.TicketStates() {
		if n := s.Tickets[state]; n > 0 {
			rows = append(rows, []string{string(state), strconv.Itoa(n)})
		}
	}
	return rows
}

// heldRows shows the newest tickets that a person must act on; where there are more, the attention above
// says how to list them.
func heldRows(s daemon.Status) [][]string {
	rows := [][]string{{"HELD", "ISSUE", "TRACKER", "PROJECT", "RULE", "SINCE", "REASON", "WHAT TO DO"}}
	for _, t := range s.Held.Newest {
		rows = append(rows, []string{
			strconv.FormatInt(t.ID, 10), t.Issue, t.Tracker, t.Project, t.Rule, clock(t.Since), short(t.Reason), short(t.Hint),
		})
	}
	return rows
}

// lastRows are the facts of which there is one each.
func lastRows(s daemon.Status) [][]string {
	rows := [][]string{{"no rule matches", counted(s.Unrouted, "finding")}}
	if e := s.LastEvent; e != nil {
		rows = append(rows, []string{"last event", fmt.Sprintf("%s, from %s, %s: event %d %s",
			before(s.Now, e.Received), cmp.Or(e.Source, "nobody known"), e.State, e.Seq, e.Type)})
	} else {
		rows = append(rows, []string{"last event", "none yet"})
	}
	switch e := s.LastError; {
	case e != nil:
		rows = append(rows, []string{"last error", before(s.Now, e.At) + ": " + e.Message + " " + e.Detail})
	case s.Running:
		rows = append(rows, []string{"last error", "none since the start"})
	}
	return append(rows, []string{"database", fmt.Sprintf("%s, its log %s, %s free: %s",
		inBytes(s.Store.Database), inBytes(s.Store.Log), inBytes(s.Store.Free), s.Store.Path)})
}

// before tells when something was, and how long ago that is.
func before(now, at time.Time) string {
	return clock(at) + " (" + daemon.Span(now.Sub(at)) + " ago)"
}

// inBytes writes a number of bytes for people.
func inBytes(n int64) string {
	const thousand = 1000
	if n < thousand {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	size := float64(n)
	for _, unit := range []string{"kB", "MB", "GB"} {
		if size /= thousand; size < thousand {
			return fmt.Sprintf("%.1f %s", size, unit)
		}
	}
	return fmt.Sprintf("%.1f TB", size/thousand)
}
