-- What sites need: applications, users and their accounts, tokens and messages, and the devices whose
-- codes are checked. Every blob named sealed is `key id || aead`; every blob named *_index is a keyed hash.

CREATE TABLE root_key (
    only         INTEGER PRIMARY KEY CHECK (only = 1),
    index_key    INTEGER NOT NULL,  -- the key of the ring that every index of this database is made with
    check_sealed BLOB    NOT NULL   -- opens only under the ring that this database was made with
) STRICT;

CREATE TABLE applications (
    application    BLOB    PRIMARY KEY,
    name           TEXT    NOT NULL UNIQUE,
    token_lifetime INTEGER,          -- seconds; NULL is non-expiring
    forced_sms     TEXT    NOT NULL CHECK (forced_sms IN ('allow', 'refuse')),
    created_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    key_hash    BLOB    PRIMARY KEY,
    application BLOB    NOT NULL REFERENCES applications,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    user         BLOB    PRIMARY KEY,
    phone_index  BLOB    NOT NULL UNIQUE,
    phone_sealed BLOB    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One user at one application. After a site removed it, the row stays for a while without its seed, so
-- that the site can still ask for its status.
CREATE TABLE accounts (
    account      BLOB    PRIMARY KEY,
    application  BLOB    NOT NULL REFERENCES applications,
    user         BLOB    NOT NULL REFERENCES users,
    site_id      INTEGER NOT NULL,
    seed_sealed  BLOB,
    failures     INTEGER NOT NULL DEFAULT 0,  -- wrong codes in a row
    created_at   INTEGER NOT NULL,
    confirmed_at INTEGER,
    removed_at   INTEGER,
    UNIQUE (application, site_id),
    CHECK ((seed_sealed IS NULL) = (removed_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX accounts_by_user ON accounts (user, application) WHERE removed_at IS NULL;
CREATE INDEX accounts_of_user ON accounts (user);
CREATE INDEX accounts_removed ON accounts (removed_at) WHERE removed_at IS NOT NULL;

CREATE TABLE emails (
    email          BLOB    PRIMARY KEY,
    account        BLOB    NOT NULL REFERENCES accounts,
    address_index  BLOB    NOT NULL,
    address_sealed BLOB    NOT NULL,
    added_at       INTEGER NOT NULL,
    UNIQUE (account, address_index)
) STRICT, WITHOUT ROWID;

-- The newest token of an account that went out by SMS or call. A newer one takes its place.
CREATE TABLE tokens (
    account    BLOB    PRIMARY KEY REFERENCES accounts,
    token      BLOB    NOT NULL,              -- also the id of its message
    code_mac   BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,                       -- NULL is never
    used_at    INTEGER,
    tries      INTEGER NOT NULL DEFAULT 0     -- wrong codes since it was sent
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    device     BLOB    PRIMARY KEY,
    user       BLOB    NOT NULL REFERENCES users,
    system     TEXT    NOT NULL,              -- "linux", "macos": what a site is told
    added_at   INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    removed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_of_user ON devices (user);

-- An account that a device holds the seed of.
CREATE TABLE device_accounts (
    account    BLOB    NOT NULL REFERENCES accounts,
    device     BLOB    NOT NULL REFERENCES devices,
    generation INTEGER NOT NULL,
    issued_at  INTEGER NOT NULL,
    last_step  INTEGER NOT NULL DEFAULT 0,    -- start of the newest accepted step, as unix time
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_accounts_of_device ON device_accounts (device);

-- What was sent in the last day: for the limits, never what it said.
CREATE TABLE sends (
    message       BLOB    PRIMARY KEY,
    purpose       TEXT    NOT NULL CHECK (purpose IN ('token', 'registration')),
    phone_index   BLOB    NOT NULL,
    prefix_index  BLOB    NOT NULL,
    network_index BLOB,
    application   BLOB    REFERENCES applications,
    sent_at       INTEGER NOT NULL,
    verified      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX sends_by_phone ON sends (phone_index, purpose, sent_at);
CREATE INDEX sends_by_prefix ON sends (prefix_index, sent_at, verified);
CREATE INDEX sends_by_application ON sends (application, sent_at);
CREATE INDEX sends_by_time ON sends (sent_at);

-- Messages on their way. Deleted once sent.
CREATE TABLE outbox (
    message        BLOB    PRIMARY KEY,
    phone_index    BLOB    NOT NULL,
    message_sealed BLOB    NOT NULL,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,          -- not worth sending any more
    due_at         INTEGER NOT NULL,
    attempts       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_by_due ON outbox (due_at);
CREATE INDEX outbox_by_phone ON outbox (phone_index);
