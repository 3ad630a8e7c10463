package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// highWater is the side file with the number of the last recorded tracker operation. It is written
// after the commit, so it is behind the database or level with it; one that is ahead tells that the
// database was put back from a backup and is older than the trackers.
type highWater struct {
	file *os.File
	last int64
}

// highWaterWidth fits every int64 and a line end; one small write in place cannot tear.
const highWaterWidth = 20

// readHighWater gives the number in the file. ok is false where there is none, or nonsense.
func readHighWater(path string) (operation int64, ok bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	operation, err = strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	return operation, err == nil && operation >= 0, nil
}

// openHighWater opens the file for writing and brings it to the number.
func openHighWater(path string, operation int64) (*highWater, error) {
	f, err := openPrivate(path, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	h := &highWater{file: f, last: -1}
	if err := errors.Join(h.raise(operation), syncFolder(filepath.Dir(path))); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return h, nil
}

// raise brings the file to the number, durably; a lower one than it holds changes nothing.
func (h *highWater) raise(operation int64) error {
	if operation <= h.last {
		return nil
	}
	if _, err := io.WriteString(io.NewOffsetWriter(h.file, 0), fmt.Sprintf("%0*d\n", highWaterWidth-1, operation)); err != nil {
		return err
	}
	if err := h.file.Truncate(highWaterWidth); err != nil {
		return err
	}
	if err := h.file.Sync(); err != nil {
		return err
	}
	h.last = operation
	return nil
}
