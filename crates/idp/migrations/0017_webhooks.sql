-- What waits for each subscription: entries of the audit log, in the order in which they came.

CREATE TABLE webhook_queues (
    subscription_id TEXT NOT NULL PRIMARY KEY
        REFERENCES configuration_objects (id) ON DELETE CASCADE,
    environment_id TEXT NOT NULL,
    -- The place of the entry that came last.
    arrivals BIGINT NOT NULL,
    -- Tries since something was delivered.
    attempts BIGINT NOT NULL,
    -- Null while nothing waits.
    next_attempt_at BIGINT
);

CREATE INDEX webhook_queues_due ON webhook_queues (next_attempt_at);

CREATE TABLE webhook_events (
    subscription_id TEXT NOT NULL
        REFERENCES webhook_queues (subscription_id) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    activity_id TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (subscription_id, place)
);

CREATE INDEX webhook_events_by_age ON webhook_events (recorded_at);
