package store

import "sync"

// trouble is the first failure after which the database is not to be trusted before it was opened, and
// checked, again.
type trouble struct {
	once sync.Once
	err  error
	came chan struct{} // closed when err is set
}

func newTrouble() *trouble { return &trouble{came: make(chan struct{})} }

// note keeps a failure if it is of that kind.
func (t *trouble) note(err error) {
	if fatal(err) {
		t.once.Do(func() {
			t.err = err
			close(t.came)
		})
	}
}

// get gives the failure, nil as long as there was none.
func (t *trouble) get() error {
	select {
	case <-t.came:
		return t.err
	default:
		return nil
	}
}

// Broken is closed when nothing more is written because the database, or what the disk holds of it,
// cannot be trusted any more: see [Store.Trouble].
func (s *Store) Broken() <-chan struct{} { return s.trouble.came }

// Trouble tells why the store is broken: [ErrSuspect] or [ErrDamaged]; nil while it is not.
func (s *Store) Trouble() error { return s.trouble.get() }
