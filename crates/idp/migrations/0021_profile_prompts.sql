-- When users were last asked for what their profiles lack, by the action of a sign-on policy that asked.
CREATE TABLE profile_prompts (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    action_id TEXT NOT NULL REFERENCES configuration_objects (id) ON DELETE CASCADE,
    prompted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, action_id)
);

CREATE INDEX profile_prompts_by_action ON profile_prompts (action_id);
