-- Where mails go that give or tell of power over an account, while its present address is not
-- proven: to the one before.
ALTER TABLE users ADD COLUMN proven_email TEXT;
-- When the address was proven that stands for the account: `proven_email` where there is one, or
-- else the present one. An address belongs to the account that proved it first.
ALTER TABLE users ADD COLUMN email_proven_at BIGINT;
UPDATE users SET email_proven_at = created_at WHERE email_verified;
