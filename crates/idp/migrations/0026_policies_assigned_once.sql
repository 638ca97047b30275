-- A sign-on policy is assigned to an application once; assignments that were made before say so too.
-- Of several of one policy, the one that was made first keeps its place.
UPDATE configuration_objects
   SET name_key = (SELECT MIN(to_id) FROM object_references WHERE from_id = configuration_objects.id)
 WHERE kind = 'SIGN_ON_POLICY_ASSIGNMENT'
   AND name_key IS NULL
   AND NOT EXISTS (
       SELECT 1
         FROM configuration_objects AS other
         JOIN object_references AS theirs ON theirs.from_id = other.id
         JOIN object_references AS ours ON ours.from_id = configuration_objects.id
        WHERE other.kind = 'SIGN_ON_POLICY_ASSIGNMENT'
          AND other.parent_id = configuration_objects.parent_id
          AND theirs.to_id = ours.to_id
          AND other.id <> configuration_objects.id
          AND (other.name_key IS NOT NULL OR other.created_at < configuration_objects.created_at
               OR (other.created_at = configuration_objects.created_at AND other.id < configuration_objects.id))
   );
