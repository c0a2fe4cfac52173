-- Which source somebody came from.

-- +goose Up
CREATE INDEX imported_rows_by_id ON imported_rows (id);
