-- A code stands in the row of the grant that it was issued with: what a commit costs is the tables
-- and indexes that it touches. A used code stays known for as long as its grant.
ALTER TABLE grants ADD COLUMN code_digest TEXT;
ALTER TABLE grants ADD COLUMN redirect_uri TEXT;
ALTER TABLE grants ADD COLUMN code_challenge TEXT;
ALTER TABLE grants ADD COLUMN code_challenge_method TEXT;
ALTER TABLE grants ADD COLUMN code_expires_at BIGINT;
ALTER TABLE grants ADD COLUMN code_used_at BIGINT;
UPDATE grants
   SET code_digest = code.digest, redirect_uri = code.redirect_uri,
       code_challenge = code.code_challenge, code_challenge_method = code.code_challenge_method,
       code_expires_at = code.expires_at, code_used_at = code.consumed_at
  FROM authorization_codes AS code
 WHERE code.grant_id = grants.id;
DROP TABLE authorization_codes;
CREATE UNIQUE INDEX grants_by_code ON grants (code_digest) WHERE code_digest IS NOT NULL;
-- Nothing looks for the grants of a session but among those of its user.
DROP INDEX grants_by_session;
