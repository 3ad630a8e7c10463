package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
)

// Primary result codes of SQLite (https://www.sqlite.org/rescode.html); the extended code carries
// the primary one in its low byte.
const (
	codeError    = 1
	codePerm     = 3
	codeBusy     = 5
	codeLocked   = 6
	codeReadOnly = 8
	codeIOErr    = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
	primaryCodes = 0xff

	codeSync       = codeIOErr | 4<<8
	codeSyncFolder = codeIOErr | 5<<8
	codeGrowShared = codeIOErr | 19<<8
	codeHotJournal = codeReadOnly | 3<<8
)

// misfit is how database/sql begins an error, which has no type, on a value that does not fit its
// variable: it is not what was written.
const misfit = "sql: Scan error"

// translate turns the driver's errors into ours; it is the only place that knows them. Errors that
// are ours already, and those of a context, pass unchanged.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if strings.HasPrefix(err.Error(), misfit) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch failure.Code() {
	case codeSync, codeSyncFolder:
		return fmt.Errorf("%w: %w", ErrSuspect, err)
	case codeGrowShared: // the file that connections share could not grow: there is no room for it
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	switch failure.Code() & primaryCodes {
	case codeBusy, codeLocked:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case codeFull:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case codeIOErr:
		return fmt.Errorf("%w: %w", ErrDisk, err)
	case codeCorrupt, codeNotADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case codeReadOnly, codePerm, codeCantOpen:
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return err
}

// fatal tells whether an error of SQLite means that the database must not be used before it was opened
// again. After a failed fsync the kernel may take what it could not write for written, and a second one
// succeeds (facts/reliability.md 2.2).
func fatal(err error) bool {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch failure.Code() {
	case codeSync, codeSyncFolder:
		return true
	}
	primary := failure.Code() & primaryCodes
	return primary == codeCorrupt || primary == codeNotADB
}
