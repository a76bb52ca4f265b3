-- What devices need: registrations, the signed device list, the locker, records, and the memory of signed requests.

-- The key that bodies are sealed to: made once.
CREATE TABLE sealing_key (
    only          INTEGER PRIMARY KEY CHECK (only = 1),
    secret_sealed BLOB    NOT NULL
) STRICT;

-- Grows with every change of the user's native accounts.
ALTER TABLE users ADD COLUMN accounts_revision INTEGER NOT NULL DEFAULT 0;

-- Nothing could register a device before this: both tables are empty.
DROP TABLE device_accounts;
DROP TABLE devices;

-- A row stays when its device is removed: no id and no key is ever used again.
CREATE TABLE devices (
    device      BLOB    PRIMARY KEY,
    user        BLOB    NOT NULL REFERENCES users,
    signing_key BLOB    NOT NULL UNIQUE,
    sealing_key BLOB    NOT NULL UNIQUE,
    added_at    INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,              -- exact to the hour
    removed_at  INTEGER,
    dseq        INTEGER NOT NULL DEFAULT 0,    -- its newest record
    link        BLOB    NOT NULL DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000'
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_of_user ON devices (user);

-- An account that a device holds the seed of.
CREATE TABLE device_accounts (
    account    BLOB    NOT NULL REFERENCES accounts,
    device     BLOB    NOT NULL REFERENCES devices,
    generation INTEGER NOT NULL,
    issued_at  INTEGER NOT NULL,
    last_step  INTEGER NOT NULL DEFAULT 0,     -- start of the newest accepted step, as unix time
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_accounts_of_device ON device_accounts (device);

CREATE TABLE registrations (
    registration BLOB    PRIMARY KEY,
    signing_key  BLOB    NOT NULL,
    sealing_key  BLOB    NOT NULL,
    phone_index  BLOB    NOT NULL,
    phone_sealed BLOB    NOT NULL,
    letters      TEXT    NOT NULL,
    message      BLOB    NOT NULL,              -- the newest one that was sent
    code_mac     BLOB    NOT NULL,              -- of the code in it
    state        TEXT    NOT NULL CHECK (state IN ('requested', 'pending', 'proven', 'active', 'cancelled', 'expired')),
    flow         TEXT    CHECK (flow IN ('first', 'restore')),
    user         BLOB    REFERENCES users,      -- once the number is proven
    device       BLOB    REFERENCES devices,    -- once it is active
    code_tries   INTEGER NOT NULL DEFAULT 0,    -- wrong codes
    locker_tries INTEGER NOT NULL DEFAULT 0,    -- wrong backups passwords
    expires_at   INTEGER NOT NULL,              -- of the code, later of the state
    CHECK ((user IS NULL) = (flow IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX registrations_by_key ON registrations (signing_key);
CREATE INDEX registrations_by_phone ON registrations (phone_index);
CREATE INDEX registrations_by_time ON registrations (expires_at) WHERE state <> 'active';
CREATE INDEX registrations_of_user ON registrations (user);

CREATE INDEX sends_by_network ON sends (network_index, sent_at);

-- The device list and the feed of records of a user, from the first device on.
CREATE TABLE lists (
    user     BLOB    PRIMARY KEY REFERENCES users,
    sequence INTEGER NOT NULL,                  -- of the newest entry
    hash     BLOB    NOT NULL,                  -- of the newest entry
    epoch    INTEGER NOT NULL,                  -- the newest one
    revision INTEGER NOT NULL DEFAULT 0,        -- of the newest record
    records  INTEGER NOT NULL DEFAULT 0         -- that are not superseded
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
    user     BLOB    NOT NULL REFERENCES lists,
    sequence INTEGER NOT NULL,
    entry    BLOB    NOT NULL,                  -- with its signature
    PRIMARY KEY (user, sequence)
) STRICT;

-- What a backups password is tried against.
CREATE TABLE lockers (
    user           BLOB    PRIMARY KEY REFERENCES lists,
    version        INTEGER NOT NULL,
    content_sealed BLOB    NOT NULL,            -- salt, parameters, verifier, share, blob
    tries          INTEGER NOT NULL DEFAULT 0,  -- wrong ones of this version
    fifth_at       INTEGER                      -- when the fifth was
) STRICT, WITHOUT ROWID;

-- The steps of the feed. A superseded record leaves its device, number and hash.
CREATE TABLE records (
    user      BLOB    NOT NULL REFERENCES lists,
    revision  INTEGER NOT NULL,
    device    BLOB    NOT NULL REFERENCES devices,
    dseq      INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    record_id BLOB,
    record    BLOB,
    PRIMARY KEY (user, revision),
    UNIQUE (device, dseq),
    CHECK ((record_id IS NULL) = (record IS NULL))
) STRICT;
CREATE UNIQUE INDEX records_present ON records (user, record_id) WHERE record_id IS NOT NULL;

-- Nonces of signed requests: by the key of a request, or the id of a device.
CREATE TABLE nonces (
    signer  BLOB    NOT NULL,
    nonce   BLOB    NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (signer, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX nonces_by_time ON nonces (seen_at);

-- Answers to changing requests, by the idempotency key of the signer.
CREATE TABLE answers (
    signer      BLOB    NOT NULL,
    key         BLOB    NOT NULL,
    request     BLOB    NOT NULL,               -- hash of method, path and body
    status      INTEGER NOT NULL,
    body        BLOB    NOT NULL,
    answered_at INTEGER NOT NULL,
    PRIMARY KEY (signer, key)
) STRICT;
CREATE INDEX answers_by_time ON answers (answered_at);
