-- An application through which operators work carries the roles of its users in their tokens,
-- though it is no worker. Until now a scope of the PingOne API was enough; of the applications that
-- had one, the portal's is meant.
ALTER TABLE applications ADD COLUMN is_for_operators BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE applications SET is_for_operators = TRUE
 WHERE name_key = 'latchkey portal'
   AND EXISTS (SELECT 1
                 FROM resource_grants
                 JOIN resource_grant_scopes ON resource_grant_scopes.resource_grant_id = resource_grants.id
                 JOIN resource_scopes ON resource_scopes.id = resource_grant_scopes.scope_id
                WHERE resource_grants.application_id = applications.id
                  AND SUBSTR(resource_scopes.name, 1, 3) = 'p1:');
