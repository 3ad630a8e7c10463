package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/rogpeppe/go-internal/testscript"

	"ticketd/store"
)

// accept adds an event to a database, as the daemon would: accept FILE BODY
func accept(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: accept FILE BODY")
	}
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Path: ts.MkAbs(args[0]), Now: noon})
	ts.Check(err)
	_, err = s.Accept(ctx, store.Incoming{Body: []byte(args[1]), Source: "main", Received: noon()})
	ts.Check(errors.Join(err, s.Close()))
}

// newer makes a database one of a schema that this program does not know: newer FILE
func newer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: newer FILE")
	}
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
	ts.Check(errors.Join(err, db.Close()))
}
