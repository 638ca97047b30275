-- Wrong passwords that applications asked about which act for the user: they lock out such checks,
-- and not the sign-on.
ALTER TABLE user_passwords ADD COLUMN application_failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE user_passwords ADD COLUMN applications_locked_until BIGINT;
