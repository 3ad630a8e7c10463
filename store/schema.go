package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// schema gives the digest of the definition of every table and index that the migrations make. A test
// keeps it.
func schema() map[string]string {
	return map[string]string{
		"comments":          "bb76c59c045b2acb",
		"events":            "cfc6a0c77d0141c9",
		"events_state":      "c05e2de3d9f4b0a7",
		"findings":          "7a631e9a99af5bc8",
		"findings_parent":   "cdbf6f54d9d24793",
		"findings_ticket":   "eacad3a3a80627de",
		"findings_unrouted": "10ec01a71d1df462",
		"findings_uuid":     "dc511be6c4b37d7d",
		"meta":              "e5737185ffe52452",
		"notes":             "e4e47707237e973e",
		"ops":               "7fd5439035fe83ee",
		"ops_ticket":        "45ab8565b91ed2be",
		"scopes":            "54d4c896cbde6683",
		"settings":          "40e39e324997b257",
		"sightings":         "a44c6432b6e2ad07",
		"tickets":           "6bf04d81ed0a097a",
		"tickets_digest":    "d49b690c7112c7d3",
		"tickets_due":       "2c9172696df6ce0f",
		"tickets_failing":   "e0a40a3a9be22439",
		"tickets_key":       "c6a9acc6008ea75e",
		"tickets_leased":    "b9d15f7641e46f0d",
		"tickets_made":      "0d9df2dc0fae5972",
		"tickets_state":     "94f44fb0d4ac0286",
		"tickets_turn":      "cfeca0a7dfae5647",
	}
}

// checkSchema refuses a database in which a table or an index is not as the migrations made it. Damage in
// these words is no damage to SQLite, which takes them as they are. What else is there is not asked.
func checkSchema(ctx context.Context, db *sql.DB) error {
	found, err := definitions(ctx, db)
	if err != nil {
		return err
	}
	var strange []string
	for name, want := range schema() {
		if found[name] != want {
			strange = append(strange, name)
		}
	}
	if len(strange) == 0 {
		return nil
	}
	slices.Sort(strange)
	return fmt.Errorf("checking the schema: %w: not as ticketd made it: %s", ErrDamaged, strings.Join(strange, ", "))
}

// definitions gives the digest of each definition in the database by the name of what it defines.
func definitions(ctx context.Context, db *sql.DB) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", translate(err))
	}
	defer func() { _ = rows.Close() }() // Err has told
	found := make(map[string]string)
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, fmt.Errorf("reading the schema: %w", translate(err))
		}
		found[name] = digest([]byte(text))[:16]
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", translate(err))
	}
	return found, nil
}
