package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// ErrAnother says that a backup is not of the database that is in its place.
var ErrAnother = errors.New("the backup is that of another database")

// RestoreOptions say which backup is put in the place of which database.
type RestoreOptions struct {
	Path    string // of the database
	From    string // the backup; a log that lies beside it belongs to it
	Another bool   // also one of another database
	DryRun  bool   // look, and change nothing
	Now     func() time.Time
}

// Restoration tells what a backup holds and what it does not.
type Restoration struct {
	Backup        Copy
	Vouched       bool     // the side file tells what was accepted and done; without it the next two are 0
	LastEvent     int64    // that was ever accepted
	LastOperation int64    // that was ever recorded
	Aside         []string // where the files are now that were there
}

// MissingEvents is how many events that were accepted the backup does not have, at most: numbers may be
// left out.
func (r Restoration) MissingEvents() int64 { return max(0, r.LastEvent-r.Backup.LastEvent) }

// MissingOperations is how many recorded tracker operations the backup does not know of.
func (r Restoration) MissingOperations() int64 { return max(0, r.LastOperation-r.Backup.LastOperation) }

// Restore puts a backup in the place of the database. What is there is moved aside, and the side file stays,
// by which the next [Open] notices what is missing. A crash leaves the database of before or the backup, or
// what Open refuses.
//
// It gives [ErrLocked] when a daemon has the database open, [ErrBusy] when another program has, [ErrAnother],
// and for a backup that cannot be used [ErrDamaged], [ErrNoDatabase] and [ErrNewer].
func Restore(ctx context.Context, o RestoreOptions) (r Restoration, err error) {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return Restoration{}, err
	}
	from, err := filepath.Abs(o.From)
	if err != nil {
		return Restoration{}, err
	}
	if r.Backup, err = attest(ctx, from); err != nil {
		return Restoration{}, fmt.Errorf("looking at the backup %s: %w", o.From, err)
	}
	s := &restoring{path: path, from: from, another: o.Another}
	defer func() { err = errors.Join(err, s.release()) }()
	if err := s.look(ctx, &r, o.DryRun); err != nil {
		return Restoration{}, fmt.Errorf("restoring %s: %w", o.Path, err)
	}
	if o.DryRun {
		return r, nil
	}
	s.base = asideName(path, o.Now())
	if r.Aside, err = s.replace(ctx, r.Backup); err != nil {
		return Restoration{}, fmt.Errorf("restoring %s: %w", o.Path, err)
	}
	return r, nil
}

// restoring is one restoration.
type restoring struct {
	path, from string
	another    bool
	base       string   // what the database is moved aside to
	lock       *os.File // nil in a dry run
	known      memory   // of the side file
	vouched    bool     // known is of the database that the backup is of
}

func (s *restoring) release() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Close()
}

// look compares the backup with what is known of the database.
func (s *restoring) look(ctx context.Context, r *Restoration, dry bool) (err error) {
	if own, err := os.Stat(s.path); err == nil {
		if from, err := os.Stat(s.from); err == nil && os.SameFile(own, from) {
			return errors.New("it is its own backup")
		}
	}
	if !dry {
		if err := s.take(); err != nil {
			return err
		}
	}
	var ok bool
	if s.known, ok, err = readHighWater(s.path + highWaterSuffix); err != nil {
		return err
	}
	same := s.same(ctx, r.Backup.Identity)
	if !same && !s.another {
		return ErrAnother
	}
	if s.vouched = ok && same; s.vouched {
		r.Vouched, r.LastEvent, r.LastOperation = true, s.known.event, s.known.operation
	}
	return nil
}

func (s *restoring) take() (err error) {
	if err := prepareFolder(filepath.Dir(s.path)); err != nil {
		return err
	}
	s.lock, err = lock(s.path + ".lock")
	return err
}

// same tells whether an identity is that of the database, by the side file or else by what is there. What
// has none, or cannot be read, contradicts nobody.
func (s *restoring) same(ctx context.Context, identity string) bool {
	is := s.known.identity
	if is == "" && inspect(s.path, s.known) == nil {
		_ = observe(s.path, false, func(db *sql.DB) error {
			m, err := remembered(ctx, db)
			is = m.identity
			return err
		})
	}
	return is == "" || identity == "" || is == identity
}

// replace copies the backup beside the database, checks the copy, and puts it in the database's place.
func (s *restoring) replace(ctx context.Context, want Copy) (aside []string, err error) {
	part, err := openPart(s.path + ".restoring")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, discard(part, err)) }()
	if _, err := duplicate(ctx, s.from, !hasLog(s.from), part); err != nil {
		return nil, fmt.Errorf("copying the backup: %w", err)
	}
	if got, err := attest(ctx, part.Name()); err != nil {
		return nil, fmt.Errorf("checking the copy of the backup: %w", err)
	} else if got != want {
		return nil, fmt.Errorf("checking the copy of the backup: %w: it holds %+v and the backup %+v", ErrDamaged, got, want)
	}
	if !s.vouched { // nobody will notice by the side file that it is a backup
		if err := markRestored(ctx, part.Name()); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(ownLike(s.path, part), part.Sync()); err != nil {
		return nil, err
	}
	return s.swap(ctx, part.Name())
}

// ownLike gives a file to whom the database belongs, or else its folder, where we may.
func ownLike(path string, f *os.File) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Stat(filepath.Dir(path))
	}
	if err != nil || os.Geteuid() != 0 {
		return err
	}
	return giveTo(f, info)
}

// swap moves aside what is there and puts the copy in its place.
func (s *restoring) swap(ctx context.Context, part string) (aside []string, err error) {
	if s.whole(ctx) {
		// On a disk that fails the log is moved aside instead.
		if err := fold(ctx, s.path); errors.Is(err, ErrBusy) {
			return nil, err
		}
	}
	if aside, err = supplant(s.path, s.base, part); err != nil || s.known == (memory{}) || s.vouched {
		return aside, err
	}
	// The side file is that of another database. It goes last: until then it refuses what is not whole.
	moved, err := moveAside(s.path, s.base, highWaterSuffix)
	return append(aside, moved...), err
}

// whole tells whether the database is one that [Open] would take.
func (s *restoring) whole(ctx context.Context) bool {
	if inspect(s.path, s.known) != nil {
		return false
	}
	info, err := os.Stat(s.path)
	return err == nil && info.Size() > 0 && examine(ctx, s.path, s.known, checkLimit, slog.New(slog.DiscardHandler)) == nil
}

// fold brings the log into the file, so that the file alone is the database.
func fold(ctx context.Context, path string) error {
	db, err := sql.Open(driverName, fileURI(path, url.Values{"mode": {"rw"}, "_busy_timeout": {busyTimeout}, "_synchronous": {"2"}}))
	if err != nil {
		return err
	}
	var busy, frames, done int
	err = db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &done)
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("bringing its log into the database: %w", translate(err))
	}
	_, err = os.Stat(path + "-wal") // the last one that closes the database removes it
	if busy != 0 || err == nil {
		return fmt.Errorf("%w: another program has the database open", ErrBusy)
	}
	return nil
}

// markRestored marks a database that nobody has open: see [Store.MarkRestored].
func markRestored(ctx context.Context, path string) error {
	db, err := sql.Open(driverName, fileURI(path, url.Values{"mode": {"rw"}, "_synchronous": {"2"}}))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `UPDATE meta SET restored = 1`)
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("marking the database as restored: %w", translate(err))
	}
	return nil
}
