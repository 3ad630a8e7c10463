package demo

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ticketd/internal/datatheorem/samples"
)

// listener is a slog handler that hands the daemon's log to the teller of the story. The story is
// nothing but that log in other words.
type listener struct {
	to    chan<- slog.Record
	attrs []slog.Attr
}

func (l *listener) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (l *listener) Handle(_ context.Context, r slog.Record) error {
	r = r.Clone()
	r.AddAttrs(l.attrs...)
	select {
	case l.to <- r:
	default: // a story that nobody listens to must not stop the daemon
	}
	return nil
}

func (l *listener) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &listener{to: l.to, attrs: append(append([]slog.Attr(nil), l.attrs...), attrs...)}
}

func (l *listener) WithGroup(string) slog.Handler { return l }

func (s *stage) say(format string, args ...any) {
	fmt.Fprintf(s.out, format+"\n", args...) //nolint:errcheck // nobody is left to tell
}

func (s *stage) line(what, format string, args ...any) {
	s.say("      %-8s %s", what, fmt.Sprintf(format, args...))
}

// tell puts a record of the daemon's log in the words of the story; what is of no interest at a
// glance is left out.
func (s *stage) tell(r slog.Record) {
	a := make(map[string]string)
	r.Attrs(func(x slog.Attr) bool {
		a[x.Key] = x.Value.String()
		return true
	})
	switch r.Message {
	case "event received":
		if a["outcome"] == "repeated" {
			s.line("event", "the body of event %s again: counted, nothing to do", a["event"])
		}
	case "request refused":
		s.line("refused", "a request, for it is %s", strings.ReplaceAll(a["outcome"], "_", " "))
	case "event probe":
		s.line("event", "the set-up probe, answered 200 and kept; no ticket")
	case "event personal":
		s.line("event", "%s", a["type"])
		s.line("", "tells of a person: counted, its body erased; no ticket")
	case "event unhandled", "event unparsed":
		s.line("event", "%s", cmp.Or(a["type"], "a body of unknown kind"))
		s.line("", "kept, no ticket: %s", a["reason"])
	case "event applied":
		s.event(a)
	case "issue created":
		s.line("ticket", "%s created   %s", a["issue"], a["url"])
	case "issue adopted":
		s.line("ticket", "%s found again by its marker   %s", a["issue"], a["url"])
	case "issue updated":
		s.line("ticket", "%s updated   %s", a["issue"], a["url"])
	case "issue state set":
		verb := "closed as " + a["to"]
		if a["to"] == "open" {
			verb = "reopened"
		}
		s.line("ticket", "%s %s, now %q   %s", a["issue"], verb, a["status"], a["url"])
	case "comment posted", "comment deleted":
		s.line("ticket", "%s %s", a["issue"], r.Message)
	default:
		if r.Level >= slog.LevelWarn {
			s.line("trouble", "%s %s", r.Message, words(a))
		}
	}
}

// words shows attributes in the order of their names.
func words(a map[string]string) string {
	all := make([]string, 0, len(a))
	for _, name := range slices.Sorted(maps.Keys(a)) {
		all = append(all, name+"="+strconv.Quote(a[name]))
	}
	return strings.Join(all, " ")
}

func (s *stage) event(a map[string]string) {
	s.line("event", "%s", a["type"])
	switch {
	case a["change"] == "none":
		s.line("", "nothing new for %s", a["finding"])
	case a["rule"] != "":
		s.line("", "%s is %s", a["finding"], a["disposition"])
		s.line("rule", "%s", a["rule"])
	case a["note"] != "":
		what := "a note was written on"
		if a["deleted"] == "true" {
			what = "a note was deleted on"
		}
		s.line("", "%s finding %s", what, strings.TrimPrefix(a["finding"], "parent/"))
	}
}

// follow tells what happens until the context ends.
func (s *stage) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			s.say("\nThe demo ends; its folder is deleted.")
			return
		case r := <-s.happened:
			s.tell(r)
		}
	}
}

// invite says how to go on by hand.
func (s *stage) invite() {
	s.say("\nNow post something yourself. The line of Data Theorem's guide, with a token and with a capability URL:\n")
	probe := strings.Join(strings.Fields(string(samples.Body("SETUP_PROBE"))), " ")
	s.curl(`-H "Authorization: Bearer `+s.token+`"`, "'"+probe+"'", s.webhook())
	s.curl("", "'"+probe+"'", "http://"+s.daemon.WebhookAddr()+"/hooks/"+s.secret)
	path := filepath.Join(s.dir, "opening.json")
	if err := os.WriteFile(path, variant("API_SECURE__POLICY_VIOLATION_OPENED", violation, "11111111-2222-4333-8444-555555555555"), 0o600); err == nil {
		s.say("\nA violation of your own (edit the file, then post it):\n")
		s.curl(`-H "Authorization: Bearer `+s.token+`"`, "@"+path, s.webhook())
	}
	config := filepath.Join(s.dir, "ticketd.toml")
	s.say("\nSee how it is, as a person and as Prometheus does:\n")
	s.say("  ticketd status --config %s", config)
	s.say("  curl http://%s/metrics", s.daemon.AdminAddr())
	s.say("\nConfiguration: %s\nCtrl-C ends the demo.\n", config)
}

func (s *stage) curl(auth, data, address string) {
	if auth != "" {
		auth += " "
	}
	s.say("  curl -X POST %s-H \"Content-Type: application/json\" --data %s %s", auth, data, address)
}
