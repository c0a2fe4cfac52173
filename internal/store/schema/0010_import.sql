-- What came from another server: what its rows became here, and the tokens that it issued.

-- +goose Up
-- Until then an imported app may be sent back to by plain http; NULL: the rule for new apps.
ALTER TABLE apps ADD COLUMN http_redirects_until BIGINT;

-- What a row of the source became here, so that another run leaves it alone.
CREATE TABLE imported_rows (
    source TEXT NOT NULL,
    kind   TEXT NOT NULL, -- identity, account or app
    key    TEXT NOT NULL, -- of the row, in the source
    id     TEXT NOT NULL, -- here
    PRIMARY KEY (source, kind, key)
);

-- Rows stay when their authorization is over, so that another run does not bring it back.
CREATE TABLE imported_refresh_tokens (
    digest           TEXT PRIMARY KEY,
    authorization_id TEXT   NOT NULL,
    expires_at       BIGINT NOT NULL
);
CREATE INDEX imported_refresh_tokens_by_expiry ON imported_refresh_tokens (expires_at);

CREATE TABLE imported_access_tokens (
    digest           TEXT PRIMARY KEY,
    id               TEXT   NOT NULL,
    authorization_id TEXT, -- NULL: no refresh token came along
    grant_id         TEXT REFERENCES grants (id), -- NULL: the app acts for itself
    app_id           TEXT   NOT NULL REFERENCES apps (id),
    identity_id      TEXT REFERENCES identities (id),
    scope            TEXT   NOT NULL,
    issued_at        BIGINT NOT NULL,
    expires_at       BIGINT, -- NULL: never
    revoked_at       BIGINT
);
CREATE INDEX imported_access_tokens_by_authorization ON imported_access_tokens (authorization_id) WHERE authorization_id IS NOT NULL;
CREATE INDEX imported_access_tokens_by_expiry ON imported_access_tokens (expires_at) WHERE expires_at IS NOT NULL;
