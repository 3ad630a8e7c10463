-- +goose Up

-- digest: the row is the list of the tickets of a rule that wait for their turn, not one of findings.
-- made: when its newest create was sent; 0 when none was, or before this was kept.
-- turn: 'waits' for its turn, 'released' when it has it and is not made yet.
ALTER TABLE tickets ADD COLUMN digest INTEGER NOT NULL DEFAULT 0 CHECK (digest IN (0, 1));
ALTER TABLE tickets ADD COLUMN made   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN turn   TEXT    NOT NULL DEFAULT '' CHECK (turn IN ('', 'waits', 'released'));

CREATE INDEX tickets_turn ON tickets (tracker, project, rule, turn, id) WHERE turn <> '';
CREATE INDEX tickets_made ON tickets (tracker, project, rule, made) WHERE made > 0;
CREATE INDEX tickets_digest ON tickets (tracker, project, rule, generation) WHERE digest = 1;
