package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"ticketd/internal/config"
	"ticketd/internal/daemon"
	"ticketd/store"
)

// recoverCommand is `ticketd recover`.
type recoverCommand struct {
	configFlag `embed:""`
	output     `embed:""`

	DryRun bool `help:"List what the trackers have and the database does not know, and change nothing. Works beside the daemon."`
}

// Help tells what the command is for.
func (r *recoverCommand) Help() string {
	return "For a database that is lost, damaged or too old, where no backup can be restored. Our issues are found by " +
		"their markers, and none is made twice. What is damaged is moved aside, never deleted. No daemon may run meanwhile."
}

// recoverDocument is what recover prints as JSON.
type recoverDocument struct {
	Database string      `json:"database"`
	DryRun   bool        `json:"dry_run"`
	Trouble  string      `json:"trouble"`        // for which the database could not be opened; "" where it was taken as it is
	Aside    []string    `json:"aside"`          // where the files are now that were in the way; in a dry run, which files are
	Events   int64       `json:"missing_events"` // that were accepted and that a database which is too old does not have, at most
	Tickets  int         `json:"tickets"`        // that the database knows
	Places   []placeView `json:"places"`
}

// placeView is a project or repository that was searched.
type placeView struct {
	Tracker string         `json:"tracker"`
	Project string         `json:"project"`
	Issues  int            `json:"issues"` // of ours
	Open    int            `json:"open"`   // of them
	Unknown []sightingView `json:"unknown"`
	Error   string         `json:"error"` // for which it could not be searched
}

// sightingView is an issue of ours that no ticket of the database refers to.
type sightingView struct {
	Issue string `json:"issue"`
	URL   string `json:"url"`
	Open  bool   `json:"open"`
}

// Run lists our issues everywhere and keeps what it saw.
func (r *recoverCommand) Run(ctx context.Context, p *program) error {
	c, _, err := r.usable(p)
	if err != nil {
		return err
	}
	done, err := daemon.Recover(ctx, daemon.RecoverOptions{
		TrackerOptions: daemon.TrackerOptions{
			Config: c, Version: readBuild().Version, Logger: slog.New(slog.DiscardHandler), // what it found is told below
		},
		DryRun: r.DryRun,
		Doing:  func(what string) { _, _ = fmt.Fprintf(p.stderr, "ticketd: %s ...\n", safe(what)) }, // nobody else to tell
	})
	switch {
	case errors.Is(err, store.ErrLocked):
		return &failure{code: exitFailure, err: err, hint: "stop it first: `systemctl stop ticketd.socket ticketd.service`; --dry-run works beside it"}
	case err != nil:
		return err
	}
	if err := r.print(p.stdout, r.document(c.Store.Path, done), r.tell(c, done)); err != nil {
		return err
	}
	failed := 0
	for _, place := range done.Places {
		if place.Err != nil {
			failed++
		}
	}
	if failed > 0 {
		return &failure{
			code: exitFailure, err: fmt.Errorf("%s could not be searched, see above", count(failed, "place")),
			hint: "`ticketd doctor` tells why; then run this again, or start ticketd, which searches there before it makes a ticket",
		}
	}
	return nil
}

func (r *recoverCommand) document(path string, done daemon.Recovery) recoverDocument {
	d := recoverDocument{
		Database: path, DryRun: r.DryRun, Aside: append([]string{}, done.Aside...),
		Events: done.Gap.AtMost(), Tickets: done.Known, Places: []placeView{},
	}
	if done.Trouble != nil {
		d.Trouble = done.Trouble.Error()
	}
	for _, place := range done.Places {
		v := placeView{Tracker: place.Tracker, Project: place.Project, Issues: place.Issues, Open: place.Open, Unknown: []sightingView{}}
		for _, s := range place.Unknown {
			v.Unknown = append(v.Unknown, sightingView{Issue: s.Ref.Key, URL: s.Ref.URL, Open: s.Open})
		}
		if place.Err != nil {
			v.Error = place.Err.Error()
		}
		d.Places = append(d.Places, v)
	}
	return d
}

func (r *recoverCommand) tell(c *config.Config, done daemon.Recovery) string {
	var b strings.Builder
	if done.Trouble != nil {
		b.WriteString(safeLines(done.Trouble.Error()) + "\n")
	}
	for _, file := range done.Aside {
		if r.DryRun {
			fmt.Fprintf(&b, "To be moved aside: %s\n", safe(file))
		} else {
			fmt.Fprintf(&b, "Moved aside: %s\n", safe(file))
		}
	}
	if gap := done.Gap; gap.AtMost() > 0 {
		fmt.Fprintf(&b, "It does not have: at most %s, numbers %d to %d. Is a newer database anywhere? Then put that back first.\n",
			count(int(gap.AtMost()), "event"), gap.After+1, gap.Last)
	}
	fmt.Fprintf(&b, "%s knows %s.\n\n", safe(c.Store.Path), count(done.Known, "ticket"))
	rows := [][]string{{"TRACKER", "PROJECT", "ISSUES", "OPEN", "UNKNOWN", "ERROR"}}
	for _, place := range done.Places {
		row := []string{place.Tracker, place.Project, "", "", "", ""}
		if place.Err != nil {
			row[5] = place.Err.Error()
		} else {
			row[2], row[3], row[4] = strconv.Itoa(place.Issues), strconv.Itoa(place.Open), strconv.Itoa(len(place.Unknown))
		}
		rows = append(rows, row)
	}
	b.WriteString(table(rows...))
	if r.DryRun {
		b.WriteString(unknownIssues(done) + "\nNothing was changed.\n")
		return b.String()
	}
	fmt.Fprintf(&b, `
Nothing was changed in a tracker. Next:
1. Start ticketd. It does nothing for %s, so that all that was done before can be seen; then it looks before it acts.
2. Have the portal send the open findings again. Each is led to the issue that it had; none gets a second one.
3. An issue whose finding closed meanwhile stays open until the portal sends that it closed. When all was sent,
   `+"`ticketd recover --dry-run`"+` lists the open issues that no finding led to; close those by hand.
`, daemon.Span(c.Deliver.QuietPeriod))
	return b.String()
}

// unknownIssues lists the open issues that no ticket refers to.
func unknownIssues(done daemon.Recovery) string {
	rows := [][]string{{"OPEN, UNKNOWN", "URL"}}
	for _, place := range done.Places {
		for _, s := range place.Unknown {
			if s.Open {
				rows = append(rows, []string{s.Ref.Key, s.Ref.URL})
			}
		}
	}
	if len(rows) == 1 {
		return ""
	}
	return "\n" + table(rows...)
}
