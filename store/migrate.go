package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// migrate brings the schema to the one this program was built with. Each migration is a
// transaction of its own.
func migrate(ctx context.Context, db *sql.DB, logger *slog.Logger) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	current, target, err := p.GetVersions(ctx)
	if failure, ok := errors.AsType[*sqlite.Error](err); ok && failure.Code() == codeError {
		err = fmt.Errorf("%w: the table of versions is not as ticketd made it: %w", ErrDamaged, err)
	}
	if err != nil {
		return fmt.Errorf("reading the schema version: %w", translate(err))
	}
	if current > target {
		return newer(current, target)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrating the schema: %w", translate(err))
	}
	for _, m := range done {
		logger.Info("schema migrated", "version", m.Source.Version)
	}
	return nil
}

// matchSchema makes sure that the schema is exactly the one this program was built with, and
// changes nothing.
func matchSchema(ctx context.Context, read *sql.DB) error {
	target, err := newestSchema(read)
	if err != nil {
		return err
	}
	var current sql.NullInt64
	err = read.QueryRowContext(ctx, "SELECT max(version_id) FROM "+goose.DefaultTablename).Scan(&current)
	switch {
	case err != nil:
		return fmt.Errorf("reading the schema version: %w", translate(err))
	case current.Int64 > target:
		return newer(current.Int64, target)
	case current.Int64 < target:
		return errors.New("the database was written by an older ticketd: run this version's `ticketd serve` once")
	}
	return nil
}

func newer(current, target int64) error {
	return fmt.Errorf("%w: its schema is version %d, and this program knows none after %d", ErrNewer, current, target)
}

// newestSchema gives the version of the schema that this program was built with.
func newestSchema(db *sql.DB) (int64, error) {
	p, err := provider(db)
	if err != nil {
		return 0, err
	}
	sources := p.ListSources()
	return sources[len(sources)-1].Version, nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	folder, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, folder, goose.WithDisableGlobalRegistry(true))
}
