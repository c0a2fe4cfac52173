-- RFC 8707: which APIs tokens may be for, a resource identifier a line.

-- +goose Up
ALTER TABLE authorizations ADD COLUMN resources TEXT NOT NULL DEFAULT ''; -- '': tokens are bound to no API
ALTER TABLE grants ADD COLUMN resources TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN bound BIGINT NOT NULL DEFAULT 0; -- 1: every consent named APIs
