-- Numbers and hash chain of the change log, who may give them, and how far its readers are.

-- +goose Up
ALTER TABLE events ADD COLUMN hash TEXT; -- of the line and the hash before it; NULL while seq is

-- In an order that no other index has, so that whoever looks for them cannot be sent through all lines.
CREATE INDEX events_unsequenced ON events (at, id) WHERE seq IS NULL;

-- Where the chain ends: the only place that says what the next number is. One row.
CREATE TABLE chains (
    name TEXT PRIMARY KEY,
    seq  BIGINT NOT NULL,
    hash TEXT   NOT NULL
);
INSERT INTO chains (name, seq, hash) VALUES ('events', 0, '');

-- Work that one process does for all. No times: who waits for a lease watches whether its pulse still moves.
CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT,            -- NULL: given back
    term   BIGINT NOT NULL, -- grows whenever it is taken
    pulse  BIGINT NOT NULL  -- grows while it is held
);

CREATE TABLE log_readers (
    name TEXT PRIMARY KEY,
    seq  BIGINT NOT NULL -- of the last line taken in
);
