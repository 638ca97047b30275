-- An application through which operators work carries the roles of its users in their tokens,
-- though it is no worker. Until now a scope of the PingOne API was enough; of the applications that
-- had one, the portal's is meant.
ALTER TABLE applications ADD COLUMN is_for_operators BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE applications SET is_for_operators = TRUE WHERE name_key = 'latchkey portal';
