-- Groups of users. `document` holds what no query reads.
CREATE TABLE groups (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    population_id TEXT REFERENCES populations (id) ON DELETE CASCADE,
    name_key TEXT COLLATE "C" NOT NULL,
    external_id TEXT,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX groups_in_order ON groups (environment_id, id);
CREATE INDEX groups_by_name ON groups (environment_id, name_key);
CREATE INDEX groups_by_external_id ON groups (environment_id, external_id);
-- A name is unique among the groups of a population, and among those of none.
CREATE UNIQUE INDEX groups_of_environment ON groups (environment_id, name_key) WHERE population_id IS NULL;
CREATE UNIQUE INDEX groups_of_population ON groups (population_id, name_key) WHERE population_id IS NOT NULL;

-- Who is a member by themselves; what nested groups add is derived.
CREATE TABLE group_members (
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON group_members (user_id, group_id);

-- `group_id` is nested in `parent_id`: its members are the parent's, too. There are no circles.
CREATE TABLE group_nesting (
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    parent_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, parent_id)
);
CREATE INDEX group_nesting_by_parent ON group_nesting (parent_id, group_id);
