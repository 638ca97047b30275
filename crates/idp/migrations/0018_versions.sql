-- A change to a configuration object knows by it whether the object is still as it was read.
ALTER TABLE configuration_objects ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
