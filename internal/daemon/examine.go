package daemon

import (
	"context"
	"log/slog"
	"strconv"

	"ticketd/internal/config"
	"ticketd/internal/doctor"
	"ticketd/internal/ticket"
)

// Examine asks the configured trackers, without changing anything in them, whether they will take
// what the rules ask. only names the one tracker to look at; "" is all.
func Examine(ctx context.Context, o TrackerOptions, only string) (doctor.Report, error) {
	all, err := Connect(o)
	if err != nil {
		return doctor.Report{}, err
	}
	for name := range all {
		if only != "" && name != only {
			delete(all, name)
		}
	}
	return doctor.Run(ctx, examination(o.Config, all)), nil
}

// examination is what the doctor has to look at.
func examination(c *config.Config, all map[string]Connected) doctor.Options {
	o := doctor.Options{Trackers: make(map[string]doctor.Tracker, len(all)), Needs: c.Mapping.Needs(), Position: c.Position}
	for name, t := range all {
		service := "github"
		if c.Jira[name] != nil {
			service = "jira"
		}
		o.Trackers[name] = doctor.Tracker{Examiner: t.Tracker, Key: []string{service, name}}
	}
	return o
}

// examine has a cheap look at the trackers and logs what is not well. It fails nothing: a tracker that
// is down now may be up before the first finding comes. One that asked to be left alone is.
func (d *Daemon) examine(ctx context.Context) {
	o := examination(d.o.Config, d.trackers)
	o.Cheap = true
	for name := range d.trackers {
		if d.isPaused(ctx, name) {
			delete(o.Trackers, name)
		}
	}
	r := doctor.Run(ctx, o)
	if ctx.Err() != nil {
		return // what was not looked at any more is no symptom
	}
	for _, e := range r.Entries {
		if level := levelOf(e); level > slog.LevelDebug {
			d.o.Logger.LogAttrs(ctx, level, "a tracker is not as the rules need it", attributes(e)...)
		}
	}
	d.o.Logger.Info("trackers examined; `ticketd doctor` looks closer", "trackers", len(o.Trackers),
		"errors", r.Count(ticket.Failing), "warnings", r.Count(ticket.Warning), "unknown", r.Count(ticket.Unknown))
}

// isPaused tells whether a tracker as a whole asked for a pause that is not over.
func (d *Daemon) isPaused(ctx context.Context, name string) bool {
	scopes, err := d.store.Scopes(ctx, name)
	if err != nil {
		return true // the store has troubles that are told elsewhere
	}
	for _, s := range scopes {
		if s.Project == "" && s.PausedUntil.After(d.o.Now()) {
			return true
		}
	}
	return false
}

// levelOf is the level at which a symptom is logged; what is well is not. A tracker of which nothing
// at all could be seen is worth a warning.
func levelOf(e doctor.Entry) slog.Level {
	switch {
	case e.Severity == ticket.Failing:
		return slog.LevelError
	case e.Severity == ticket.Warning, e.Severity == ticket.Unknown && e.Project == "":
		return slog.LevelWarn
	case e.Severity == ticket.Unknown:
		return slog.LevelInfo
	default:
		return slog.LevelDebug
	}
}

func attributes(e doctor.Entry) []slog.Attr {
	all := []slog.Attr{slog.String("tracker", e.Tracker)}
	at := e.File
	if e.Line > 0 {
		at += ":" + strconv.Itoa(e.Line)
	}
	for _, a := range []slog.Attr{
		slog.String("project", e.Project), slog.String("issue_type", e.IssueType), slog.String("check", e.Check),
		slog.String("problem", e.Text), slog.String("hint", e.Hint), slog.String("at", at), slog.String("key", e.Name),
	} {
		if a.Value.String() != "" {
			all = append(all, a)
		}
	}
	return all
}
