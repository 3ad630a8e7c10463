package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// mark is how far a database has come. Both numbers only ever grow.
type mark struct {
	operation int64 // last recorded tracker operation
	event     int64 // last accepted event; numbers may be left out
}

func (m mark) max(o mark) mark {
	return mark{operation: max(m.operation, o.operation), event: max(m.event, o.event)}
}

// memory is what the side file remembers of its database.
type memory struct {
	mark
	identity string // of the database, random; "" where it was not kept yet
}

// highWater is the side file, with how far the database has come. It is written after the commit, so
// it is behind the database or level with it; one that is ahead tells that the database lost
// something: a backup was put back, or its log is gone.
type highWater struct {
	file     *os.File
	identity string
	last     mark
}

const highWaterSuffix = ".hwm"

// highWaterLine holds every mark and an identity of rand.Text in the same 67 bytes; one small write in
// place cannot tear.
const highWaterLine = "%019d %019d %26s\n"

// readHighWater reads the side file. ok is false where there is none, or nonsense.
func readHighWater(path string) (m memory, ok bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return memory{}, false, nil
	}
	if err != nil {
		return memory{}, false, err
	}
	words := strings.Fields(string(text))
	numbers := []*int64{&m.operation, &m.event}
	for i, word := range words[:min(len(words), len(numbers))] {
		if *numbers[i], ok = natural(word); !ok {
			return memory{}, false, nil
		}
	}
	switch len(words) {
	case 1: // it held the operation alone, once
	case 3:
		m.identity = words[2]
	default:
		return memory{}, false, nil
	}
	return m, true, nil
}

func natural(word string) (n int64, ok bool) {
	n, err := strconv.ParseInt(word, 10, 64)
	return n, err == nil && n >= 0
}

// openHighWater opens the file for writing and brings it to what is to be remembered, durably.
func openHighWater(path string, m memory) (*highWater, error) {
	f, err := openPrivate(path, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	h := &highWater{file: f, identity: m.identity, last: m.mark}
	n, err := h.write()
	if err == nil {
		err = f.Truncate(int64(n))
	}
	if err := errors.Join(err, f.Sync(), syncFolder(filepath.Dir(path))); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return h, nil
}

// raise brings the file to a mark; a lower one than it holds changes nothing.
//
// It is durable at once only where an operation was recorded, which has waited for a tracker already.
// A sender waits for an event, and for that the kernel's own time is enough: what loses events out of a
// database that was committed durably is somebody who copies or deletes files, not the power failure
// that this file would have to be written through for.
func (h *highWater) raise(m mark) error {
	before := h.last
	h.last = before.max(m)
	if h.last == before {
		return nil
	}
	_, err := h.write()
	if err == nil && h.last.operation > before.operation {
		err = h.file.Sync()
	}
	if err != nil {
		h.last = before
	}
	return err
}

func (h *highWater) write() (n int, err error) {
	return fmt.Fprintf(io.NewOffsetWriter(h.file, 0), highWaterLine, h.last.operation, h.last.event, h.identity)
}

func (h *highWater) close() error { return errors.Join(h.file.Sync(), h.file.Close()) }
