package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// Options say which database to open and as whom.
type Options struct {
	Path string // of the database file; the side files are named after it
	// Shared opens the database beside a running daemon, for the command line: it takes no lock, and
	// the schema must be this program's already.
	Shared bool
	// Thorough looks at every page, however long that takes; else the check ends after two seconds. It is
	// for who opens a database that something is wrong with.
	Thorough bool
	Logger   *slog.Logger     // nil: none
	Now      func() time.Time // nil: time.Now
	// Committed is told of every commit, how many operations were in it and how long it took, and of one
	// that failed. It is called by the writer, which it must not hold up; may be nil.
	Committed func(operations int, took time.Duration, err error)
}

// Store is an open database. Its methods may be called by any number of goroutines at once. An
// error of the context means that nothing was written.
type Store struct {
	path     string // of the database file
	read     *sql.DB
	write    *sql.DB
	readers  *readers
	writer   *writer    // owns the one connection of write
	water    *highWater // nil when shared
	lock     *os.File   // nil when shared
	logger   *slog.Logger
	now      func() time.Time
	restored atomic.Bool
	gap      Gap
	trouble  *trouble
}

// Open opens the database, which is created where there is none, checks it and migrates it. It gives
// [ErrLocked] when another daemon has it open, [ErrNewer] when a newer one wrote it, [ErrNoDatabase] when
// it is something else, [ErrDamaged] when it is damaged, and a [LostError] when it is not there although
// events were accepted into it, or its files do not belong together.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{logger: o.Logger, now: o.Now, trouble: newTrouble()}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("opening store %s: %w", o.Path, err), s.release())
	}
	s.readers = newReaders(s.read)
	s.writer = startWriter(&writer{db: s.write, logger: s.logger, trouble: s.trouble, reached: s.reached, committed: o.Committed})
	return s, nil
}

func (s *Store) open(ctx context.Context, o Options) error {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return err
	}
	s.path = path
	if o.Shared {
		return s.openShared(ctx, path)
	}
	if err := prepareFolder(filepath.Dir(path)); err != nil {
		return err
	}
	if s.lock, err = lock(path + ".lock"); err != nil {
		return err
	}
	known, ok, err := readHighWater(path + highWaterSuffix)
	if err != nil {
		return err
	}
	if err := inspect(path, known); err != nil {
		return err
	}
	if err := prepareDatabase(path); err != nil {
		return err
	}
	limit := checkLimit
	if o.Thorough {
		limit = endless
	}
	if err := examine(ctx, path, known, limit, s.logger); err != nil {
		return err
	}
	if s.write, s.read, err = connect(ctx, path); err != nil {
		return err
	}
	insure(ctx, path, s.read, s.logger)
	if err := migrate(ctx, s.write, s.logger); err != nil {
		return err
	}
	if err := checkSchema(ctx, s.write); err != nil {
		return err
	}
	return s.settle(ctx, path+highWaterSuffix, known, ok)
}

func (s *Store) openShared(ctx context.Context, path string) error {
	known, ok, err := beside(ctx, path)
	if err != nil {
		return err
	}
	if s.write, s.read, err = connect(ctx, path); err != nil {
		return err
	}
	if err := matchSchema(ctx, s.read); err != nil {
		return err
	}
	m, err := readMeta(ctx, s.read)
	if err != nil {
		return err
	}
	s.restored.Store(m.restored || m.older(known, ok))
	s.gap = gap(m.memory, known)
	return nil
}

// settle compares the database with the side file and writes down what it finds, so that a restored
// backup is remembered until [Store.ClearRestored].
func (s *Store) settle(ctx context.Context, path string, known memory, ok bool) error {
	m, err := readMeta(ctx, s.write)
	if errors.Is(err, ErrNotFound) {
		m, err = meta{}, nil
	}
	if err != nil {
		return err
	}
	if s.gap = gap(m.memory, known); s.gap.AtMost() > 0 {
		s.logger.Error("the database is older than its side file: accepted events are missing", "at_most", s.gap.AtMost(),
			"first", s.gap.After+1, "last", s.gap.Last, "side_file", path,
			"hint", "if a newer database or its -wal file is anywhere, stop and put it back; or have the portal send these events again")
	}
	m.restored = m.restored || m.older(known, ok)
	m.mark = m.max(known.mark)
	m.identity = cmp.Or(m.identity, known.identity, rand.Text())
	if err := m.save(ctx, s.write, s.now()); err != nil {
		return err
	}
	s.restored.Store(m.restored)
	s.water, err = openHighWater(path, m.memory)
	return err
}

// Gap are the numbers of events that were accepted and that the database does not have: those after the one,
// up to the other. The zero Gap holds none.
type Gap struct{ After, Last int64 }

// AtMost is how many they are, at most: numbers may be left out.
func (g Gap) AtMost() int64 { return g.Last - g.After }

func gap(has, known memory) Gap {
	if known.event <= has.event {
		return Gap{}
	}
	return Gap{After: has.event, Last: known.event}
}

// Gap tells which events were missing when the database was opened. It is told once: from then on the
// database goes on with the numbers after them.
func (s *Store) Gap() Gap { return s.gap }

// Close finishes what is queued and releases the database. Writes after it give [ErrClosed].
func (s *Store) Close() error {
	s.writer.close()
	return errors.Join(s.readers.close(), s.release())
}

func (s *Store) release() error {
	var errs []error
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if s.water != nil {
		errs = append(errs, s.water.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close()) // last: it lets the next daemon in
	}
	if err := errors.Join(errs...); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("closing store: %w", err)
	}
	return nil
}
