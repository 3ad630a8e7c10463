package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Size is what a database takes of its disk, in bytes.
type Size struct {
	Database int64 // the file itself
	Log      int64 // the write-ahead log beside it; 0 where there is none
	Free     int64 // what is left on their file system for who is not root
}

// Size looks at the files. It asks nothing of the database, so it also answers while that is in trouble.
func (s *Store) Size() (Size, error) {
	var size Size
	for name, into := range map[string]*int64{s.path: &size.Database, s.path + "-wal": &size.Log} {
		info, err := os.Stat(name)
		switch {
		case err == nil:
			*into = info.Size()
		case !errors.Is(err, fs.ErrNotExist):
			return Size{}, fmt.Errorf("measuring the database: %w", err)
		}
	}
	var system syscall.Statfs_t
	if err := syscall.Statfs(s.path, &system); err != nil {
		return Size{}, fmt.Errorf("asking what is free beside %s: %w", s.path, err)
	}
	size.Free = int64(system.Bavail) * int64(system.Bsize) //nolint:gosec,unconvert // far below 2^63; of other types elsewhere
	return size, nil
}

// Path is where the database is.
func (s *Store) Path() string { return s.path }

// NewestHeld gives the newest of the tickets that a person must act on.
func (s *Store) NewestHeld(ctx context.Context, limit int) (all []Ticket, err error) {
	err = s.look(ctx, func(tx querier) error {
		// The numbers come from an index; the rows of thousands of held tickets stay unread.
		all, err = query(ctx, tx, scanTicket, `
			SELECT `+ticketColumns+` FROM tickets
			WHERE id IN (SELECT t.id FROM tickets t WHERE t.state = 'held' ORDER BY t.id DESC LIMIT $1)
			ORDER BY id DESC`, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing held tickets: %w", err)
	}
	return all, nil
}
