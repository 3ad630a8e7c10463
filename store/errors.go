package store

import (
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// Primary result codes of SQLite (https://www.sqlite.org/rescode.html); the extended code carries
// the primary one in its low byte.
const (
	codeBusy     = 5
	codeLocked   = 6
	codeIOErr    = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeNotADB   = 26
	primaryCodes = 0xff
)

// translate turns the driver's errors into ours; it is the only place that knows them. Errors that
// are ours already, and those of a context, pass unchanged.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch failure.Code() & primaryCodes {
	case codeBusy, codeLocked:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case codeFull:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case codeIOErr, codeCorrupt, codeNotADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}
