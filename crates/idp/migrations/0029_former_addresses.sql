-- Addresses that an account had proven before its owner changed them, while whoever reads one can take
-- the account back.
CREATE TABLE former_addresses (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    environment_id TEXT NOT NULL,
    address TEXT NOT NULL,
    address_key TEXT NOT NULL,
    proven_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, address_key)
);

CREATE INDEX former_addresses_by_address ON former_addresses (environment_id, address_key);
CREATE INDEX former_addresses_by_end ON former_addresses (expires_at);
