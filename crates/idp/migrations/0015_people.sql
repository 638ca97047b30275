-- Where an identity provider elsewhere keeps the credentials of a user, as JSON with its id and type;
-- null where they are kept here.
ALTER TABLE users ADD COLUMN identity_provider TEXT;

-- How far the identity of a user is verified by documents; null where it was never asked for.
ALTER TABLE users ADD COLUMN verify_status TEXT;

-- By which filter users are members of a group; null where they are put into it one by one.
ALTER TABLE groups ADD COLUMN user_filter TEXT;

CREATE INDEX groups_by_rule ON groups (environment_id) WHERE user_filter IS NOT NULL;
