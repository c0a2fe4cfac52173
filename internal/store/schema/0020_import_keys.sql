-- Key first: PostgreSQL finds many keys by an index that begins with them, whatever it knows of the table. Of one that ends with
-- them it reads all of a source, until it has looked at the rows that came.

-- +goose Up
CREATE TABLE imported_rows_by_key (
    source TEXT NOT NULL,
    kind   TEXT NOT NULL, -- identity, account, app or seat
    key    TEXT NOT NULL, -- of the row, in the source
    id     TEXT NOT NULL, -- here
    PRIMARY KEY (key, source, kind)
);
INSERT INTO imported_rows_by_key SELECT source, kind, key, id FROM imported_rows;
DROP TABLE imported_rows;
ALTER TABLE imported_rows_by_key RENAME TO imported_rows;
CREATE INDEX imported_rows_by_id ON imported_rows (id);
