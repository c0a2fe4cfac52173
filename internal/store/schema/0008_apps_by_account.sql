-- The page of an account lists the apps registered in its name.

-- +goose Up
CREATE INDEX apps_by_account ON apps (account_id, id);
