-- Columns are TEXT and BIGINT only (BIGINT times are unix milliseconds, BIGINT truths are 0 or 1), so that one
-- text serves SQLite and PostgreSQL. Ids are UUIDv7.

-- +goose Up
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE identities (
    id            TEXT PRIMARY KEY,
    email         TEXT   NOT NULL UNIQUE,
    name          TEXT   NOT NULL,
    password_hash TEXT   NOT NULL,
    operator      BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    locked_at     BIGINT
);

CREATE TABLE accounts (
    id           TEXT PRIMARY KEY,
    slug         TEXT   NOT NULL UNIQUE,
    name         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    suspended_at BIGINT
);

CREATE TABLE memberships (
    identity_id TEXT   NOT NULL REFERENCES identities (id),
    account_id  TEXT   NOT NULL REFERENCES accounts (id),
    role        TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (identity_id, account_id)
);
CREATE INDEX memberships_by_account ON memberships (account_id);

CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    identity_id  TEXT   NOT NULL REFERENCES identities (id),
    digest       TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT
);
CREATE INDEX sessions_by_identity ON sessions (identity_id);

CREATE TABLE apps (
    id                 TEXT PRIMARY KEY,
    client_id          TEXT   NOT NULL UNIQUE,
    name               TEXT   NOT NULL,
    homepage_url       TEXT   NOT NULL,
    kind               TEXT   NOT NULL,
    profile            TEXT   NOT NULL,
    token_format       TEXT   NOT NULL,
    redirect_uris      TEXT   NOT NULL, -- one a line
    scope              TEXT   NOT NULL, -- empty: every published scope
    account_id         TEXT   NOT NULL REFERENCES accounts (id),
    owner_id           TEXT   NOT NULL REFERENCES identities (id),
    client_credentials BIGINT NOT NULL,
    introspection      BIGINT NOT NULL,
    created_at         BIGINT NOT NULL,
    suspended_at       BIGINT,
    deleted_at         BIGINT
);
CREATE INDEX apps_by_owner ON apps (owner_id, id);

CREATE TABLE app_secrets (
    id         TEXT PRIMARY KEY,
    app_id     TEXT   NOT NULL REFERENCES apps (id),
    digest     TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX app_secrets_by_app ON app_secrets (app_id);

CREATE TABLE grants (
    id                 TEXT PRIMARY KEY,
    identity_id        TEXT   NOT NULL REFERENCES identities (id),
    app_id             TEXT   NOT NULL REFERENCES apps (id),
    scope              TEXT   NOT NULL,
    all_accounts       BIGINT NOT NULL,
    default_account_id TEXT,
    version            BIGINT NOT NULL, -- grows with every edit, and never comes again
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    revoked_at         BIGINT
);
CREATE UNIQUE INDEX grants_live ON grants (identity_id, app_id) WHERE revoked_at IS NULL;
CREATE INDEX grants_by_app ON grants (app_id);

-- The chosen accounts of a grant or of a personal token.
CREATE TABLE reaches (
    holder     TEXT NOT NULL, -- grant or personal_token
    holder_id  TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (holder_id, holder, account_id)
);
CREATE INDEX reaches_by_account ON reaches (account_id);

-- One answered consent page. Its id is the interaction's, so that an answer counts once.
CREATE TABLE decisions (
    id         TEXT PRIMARY KEY,
    grant_id   TEXT   NOT NULL REFERENCES grants (id),
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);

-- No index on any column that redeeming or rotating changes: PostgreSQL then updates in place (HOT).
CREATE TABLE authorizations (
    id               TEXT PRIMARY KEY,
    grant_id         TEXT   NOT NULL REFERENCES grants (id),
    app_id           TEXT   NOT NULL,
    identity_id      TEXT   NOT NULL,
    scope            TEXT   NOT NULL,
    redirect_uri     TEXT   NOT NULL,
    code_challenge   TEXT   NOT NULL,
    digest           TEXT   NOT NULL,
    generation       BIGINT NOT NULL,
    confirmed        BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    code_expires_at  BIGINT NOT NULL,
    rotated_at       BIGINT,
    recent           TEXT   NOT NULL, -- times of the last rotations, 13 digits each, newest last
    expires_at       BIGINT NOT NULL,
    revoked_at       BIGINT
);
CREATE INDEX authorizations_by_grant ON authorizations (grant_id);

CREATE TABLE personal_tokens (
    id                 TEXT PRIMARY KEY,
    identity_id        TEXT   NOT NULL REFERENCES identities (id),
    app_id             TEXT REFERENCES apps (id),
    name               TEXT   NOT NULL,
    scope              TEXT   NOT NULL, -- empty: every published scope
    all_accounts       BIGINT NOT NULL,
    default_account_id TEXT,
    digest             TEXT   NOT NULL,
    created_at         BIGINT NOT NULL,
    expires_at         BIGINT,
    last_used_at       BIGINT,
    revoked_at         BIGINT
);
CREATE INDEX personal_tokens_by_identity ON personal_tokens (identity_id, id);

CREATE TABLE keys (
    id         TEXT PRIMARY KEY,
    ring       TEXT   NOT NULL,
    slot       BIGINT NOT NULL,
    algorithm  TEXT   NOT NULL,
    public     TEXT   NOT NULL, -- JWK, or empty for sealing keys
    wrapped    TEXT   NOT NULL, -- private part, sealed under the master key
    created_at BIGINT NOT NULL,
    UNIQUE (ring, slot)
);

-- The change log. seq stays NULL until a sequencer numbers the line.
CREATE TABLE events (
    id          TEXT PRIMARY KEY,
    seq         BIGINT UNIQUE,
    at          BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    actor_id    TEXT,
    subject_id  TEXT,
    identity_id TEXT,
    app_id      TEXT,
    account_id  TEXT,
    data        TEXT   NOT NULL
);
