package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"

	"github.com/pressly/goose/v3"
)

// mostInsured bounds the database that is copied before its schema is migrated, in bytes: a start should
// not take longer than some seconds for it.
const mostInsured = 256 << 20

// insure keeps a copy of a database whose schema is about to be migrated, for whoever wants to go back to
// the program of before: no program reads a schema that is newer than itself. The migration does not wait
// for it to succeed.
func insure(ctx context.Context, path string, db *sql.DB, logger *slog.Logger) {
	var versions int
	err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = $1", goose.DefaultTablename).Scan(&versions)
	if err != nil || versions == 0 {
		return // it is new, or the migration tells what is wrong
	}
	target, err := newestSchema(db)
	if err != nil {
		return
	}
	var current int64
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM "+goose.DefaultTablename).Scan(&current)
	if err != nil || current == 0 || current >= target {
		return
	}
	to := fmt.Sprintf("%s.schema-%d", path, current)
	log := logger.With("from", current, "to", target)
	if info, err := os.Stat(path); err == nil && info.Size() > mostInsured {
		log.Warn("the schema is migrated without a copy of the database, for it is large: `ticketd backup` before an upgrade makes one", "bytes", info.Size())
		return
	}
	if _, err := backUp(ctx, path, to); err != nil {
		log.Warn("the database could not be copied before its schema is migrated", "error", err)
		return
	}
	log.Info("the database was copied before its schema is migrated: the ticketd of before can restore it", "copy", to)
}
