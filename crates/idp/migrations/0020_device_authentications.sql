-- One proof by a device of a user, under way or over; `document` says where it stands. `version`
-- guards every transition.
CREATE TABLE device_authentications (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    document TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX device_authentications_by_user ON device_authentications (user_id, created_at);
CREATE INDEX device_authentications_by_expiry ON device_authentications (expires_at);
