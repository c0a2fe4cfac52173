-- How often which app went which old way, day by day.

-- +goose Up
CREATE TABLE old_uses (
    app_id  TEXT   NOT NULL REFERENCES apps (id),
    way     TEXT   NOT NULL,
    day     BIGINT NOT NULL, -- its beginning in UTC
    count   BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, way, day)
);
CREATE INDEX old_uses_by_day ON old_uses (day);
