package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ticketd/store"
)

// backupCommand is `ticketd backup`.
type backupCommand struct {
	storeFlags `embed:""`
	output     `embed:""`

	To    string `arg:"" name:"file" help:"File to write; or a folder, in which it is named after the time."`
	Force bool   `help:"Replace the file where there is one."`
	Keep  int    `placeholder:"N" help:"With a folder: delete all but its newest N backups when this one is done."`
}

// backupDocument is what backup prints as JSON.
type backupDocument struct {
	Database string    `json:"database"`
	File     string    `json:"file"`
	Seconds  float64   `json:"seconds"` // that it took
	Holds    copyView  `json:"holds"`
	Deleted  []string  `json:"deleted"` // older backups
	Made     time.Time `json:"made"`
}

// copyView is what a backup holds.
type copyView struct {
	Bytes     int64      `json:"bytes"`
	Schema    int64      `json:"schema"`
	Events    int        `json:"events"`
	Findings  int        `json:"findings"`
	Tickets   int        `json:"tickets"`
	LastEvent int64      `json:"last_event"`   // number of the last event that was ever accepted
	Newest    *time.Time `json:"newest_event"` // when the newest event in it was received
}

func viewCopy(c store.Copy) copyView {
	return copyView{
		Bytes: c.Size, Schema: c.Schema, Events: c.Events, Findings: c.Findings, Tickets: c.Tickets,
		LastEvent: c.LastEvent, Newest: moment(c.Newest),
	}
}

// contents tells what a backup holds, in words.
func contents(c store.Copy) string {
	text := fmt.Sprintf("%s: %s, %s, %s", inBytes(c.Size), count(c.Events, "event"), count(c.Findings, "finding"), count(c.Tickets, "ticket"))
	if !c.Newest.IsZero() {
		text += ", the newest event of " + clock(c.Newest)
	}
	return text
}

// Run makes the backup.
func (b *backupCommand) Run(ctx context.Context, p *program) error {
	path, err := b.path(p)
	if err != nil {
		return err
	}
	began := time.Now()
	to, folder := b.To, ""
	if info, err := os.Stat(b.To); err == nil && info.IsDir() {
		to, folder = filepath.Join(b.To, store.BackupName(began)), b.To
	}
	if b.Keep < 0 || b.Keep > 0 && folder == "" {
		return usage(fmt.Errorf("--keep %d needs a folder", b.Keep), "name a folder that is there in place of the file, and a number from 1")
	}
	c, err := store.Backup(ctx, store.BackupOptions{Path: path, To: to, Force: b.Force})
	switch {
	case errors.Is(err, fs.ErrExist):
		return &failure{code: exitFailure, err: err, hint: "--force replaces it; or name another file, or a folder"}
	case errors.Is(err, store.ErrNotFound):
		return &failure{code: exitFailure, err: err, hint: noDatabaseHint}
	case err != nil:
		return err
	}
	document := backupDocument{
		Database: path, File: to, Seconds: time.Since(began).Seconds(), Holds: viewCopy(c), Deleted: []string{}, Made: began.UTC(),
	}
	text := fmt.Sprintf("%s is backed up to %s, and the copy was checked, in %.1f s.\nIt holds %s.\n",
		safe(path), safe(to), document.Seconds, contents(c))
	if b.Keep > 0 {
		deleted, err := store.KeepBackups(folder, b.Keep, filepath.Base(to))
		if err != nil {
			return err
		}
		document.Deleted = append(document.Deleted, deleted...)
		if len(deleted) > 0 {
			text += "Deleted " + safe(strings.Join(deleted, ", ")) + ".\n"
		}
	}
	return b.print(p.stdout, document, text)
}
