-- +goose Up

-- What the side file knows this database by. It is in the row that every tracker operation changes, so
-- that the log of another database brings the other one's identity with it.
ALTER TABLE meta ADD COLUMN identity TEXT NOT NULL DEFAULT '';
