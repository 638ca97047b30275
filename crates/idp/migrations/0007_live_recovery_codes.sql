-- A user has as many recovery codes as were mailed and are still good: one that somebody else asks
-- for takes nothing from one that was mailed before.
CREATE TABLE live_recovery_codes (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    failures BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, digest)
);
INSERT INTO live_recovery_codes (user_id, digest, failures, expires_at)
SELECT user_id, digest, failures, expires_at FROM recovery_codes;
DROP TABLE recovery_codes;
ALTER TABLE live_recovery_codes RENAME TO recovery_codes;
