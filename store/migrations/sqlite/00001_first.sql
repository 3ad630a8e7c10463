-- +goose Up

-- The one row about the database itself. operation counts the recorded tracker operations; the side
-- file holds the same number, so that a restored backup is noticed.
CREATE TABLE meta (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    operation INTEGER NOT NULL,
    restored  INTEGER NOT NULL CHECK (restored IN (0, 1)),
    touched   INTEGER NOT NULL
);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE events (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    digest    TEXT    NOT NULL UNIQUE,
    body      BLOB    NOT NULL,
    erased    INTEGER NOT NULL CHECK (erased IN (0, 1)),
    source    TEXT    NOT NULL,
    received  INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    seen      INTEGER NOT NULL CHECK (seen > 0),
    state     TEXT    NOT NULL CHECK (state IN ('new', 'applied', 'probe', 'personal', 'unhandled', 'unparsed')),
    type      TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    uuid      TEXT    NOT NULL,
    reason    TEXT    NOT NULL
);
CREATE INDEX events_state ON events (state, seq);

CREATE TABLE tickets (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    members       TEXT    NOT NULL, -- the group
    generation    INTEGER NOT NULL CHECK (generation > 0),
    marker        TEXT    NOT NULL UNIQUE,
    tracker       TEXT    NOT NULL,
    project       TEXT    NOT NULL,
    issue_type    TEXT    NOT NULL,
    rule          TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN
        ('wanted', 'intent', 'doubt', 'live', 'closed', 'none', 'held', 'gone', 'ignored')),
    ref_id        TEXT    NOT NULL,
    ref_key       TEXT    NOT NULL,
    ref_project   TEXT    NOT NULL,
    ref_url       TEXT    NOT NULL,
    prev_id       TEXT    NOT NULL,
    prev_key      TEXT    NOT NULL,
    prev_project  TEXT    NOT NULL,
    prev_url      TEXT    NOT NULL,
    attempts      INTEGER NOT NULL CHECK (attempts >= 0),
    send_deadline INTEGER NOT NULL,
    attempt_end   INTEGER NOT NULL,
    known         INTEGER NOT NULL CHECK (known IN (0, 1)),
    applied       TEXT    NOT NULL,
    misses        INTEGER NOT NULL CHECK (misses >= 0),
    first_miss    INTEGER NOT NULL,
    failures      INTEGER NOT NULL CHECK (failures >= 0),
    audit_at      INTEGER NOT NULL,
    reason        TEXT    NOT NULL,
    hint          TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    token         INTEGER NOT NULL,
    leased        INTEGER NOT NULL CHECK (leased IN (0, 1)),
    due           INTEGER, -- ready, retry-at or lease-end; NULL when nothing is wanted
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL,
    UNIQUE (members, generation),
    CHECK (leased = 0 OR due IS NOT NULL)
);
-- One lane per project, so that a paused project with many due tickets costs one step, not a scan.
CREATE INDEX tickets_due ON tickets (tracker, project, due) WHERE due IS NOT NULL;
CREATE INDEX tickets_leased ON tickets (id) WHERE leased = 1;
CREATE INDEX tickets_state ON tickets (state);
CREATE INDEX tickets_key ON tickets (ref_key);

CREATE TABLE findings (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT    NOT NULL CHECK (kind <> ''),
    uuid        TEXT    NOT NULL CHECK (uuid <> ''),
    parent      TEXT    NOT NULL,
    disposition TEXT    NOT NULL CHECK (disposition IN
        ('open', 'fixed', 'resolved', 'risk_accepted', 'compensating_control', 'wont_fix')),
    folded      TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    ticket      INTEGER REFERENCES tickets (id),
    event       INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    UNIQUE (kind, uuid)
);
CREATE INDEX findings_uuid ON findings (uuid);
CREATE INDEX findings_parent ON findings (parent) WHERE parent <> '';
CREATE INDEX findings_ticket ON findings (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX findings_unrouted ON findings (id) WHERE rule = '';

CREATE TABLE notes (
    kind       TEXT    NOT NULL,
    uuid       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    author     TEXT    NOT NULL,
    created    TEXT    NOT NULL,
    stamp_time INTEGER NOT NULL,
    stamp_rank INTEGER NOT NULL,
    stamp_tie  TEXT    NOT NULL,
    deleted    INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    PRIMARY KEY (kind, uuid, id)
);

CREATE TABLE comments (
    ticket        INTEGER NOT NULL REFERENCES tickets (id),
    op            TEXT    NOT NULL,
    marker        TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('intent', 'doubt', 'posted', 'deleted', 'failed')),
    remote_id     TEXT    NOT NULL,
    attempts      INTEGER NOT NULL CHECK (attempts >= 0),
    send_deadline INTEGER NOT NULL,
    attempt_end   INTEGER NOT NULL,
    updated       INTEGER NOT NULL,
    PRIMARY KEY (ticket, op)
);

-- seq is numbered by meta.operation, not by the table: it must never go back.
CREATE TABLE ops (
    seq        INTEGER PRIMARY KEY,
    ticket     INTEGER NOT NULL REFERENCES tickets (id),
    name       TEXT    NOT NULL,
    started    INTEGER NOT NULL,
    ended      INTEGER NOT NULL,
    outcome    TEXT    NOT NULL,
    status     INTEGER NOT NULL,
    text       TEXT    NOT NULL,
    request_id TEXT    NOT NULL
);
CREATE INDEX ops_ticket ON ops (ticket, seq);

CREATE TABLE scopes (
    tracker      TEXT    NOT NULL,
    project      TEXT    NOT NULL,
    paused_until INTEGER NOT NULL,
    pause_reason TEXT    NOT NULL,
    pause_kind   TEXT    NOT NULL,
    pauses       INTEGER NOT NULL CHECK (pauses >= 0),
    audited_at   INTEGER NOT NULL,
    slowed       REAL    NOT NULL,
    PRIMARY KEY (tracker, project)
);

CREATE TABLE sightings (
    tracker     TEXT    NOT NULL,
    marker      TEXT    NOT NULL,
    ref_id      TEXT    NOT NULL,
    ref_key     TEXT    NOT NULL,
    ref_project TEXT    NOT NULL,
    ref_url     TEXT    NOT NULL,
    open        INTEGER NOT NULL CHECK (open IN (0, 1)),
    created     INTEGER NOT NULL,
    PRIMARY KEY (tracker, marker, ref_id)
);
