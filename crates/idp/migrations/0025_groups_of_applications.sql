-- A group that an application is for may be deleted: it then lets nobody in.
DELETE FROM object_references WHERE from_id IN (SELECT id FROM applications);
