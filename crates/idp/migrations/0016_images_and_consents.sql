-- The contents of images, which objects of the kind IMAGE describe; in base64.
CREATE TABLE image_contents (
    image_id TEXT NOT NULL PRIMARY KEY
        REFERENCES configuration_objects (id) ON DELETE CASCADE,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    bytes BIGINT NOT NULL,
    content TEXT NOT NULL
);

CREATE INDEX image_contents_by_environment ON image_contents (environment_id);

-- What users agreed to, last.
CREATE TABLE agreement_consents (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    agreement_id TEXT NOT NULL REFERENCES configuration_objects (id) ON DELETE CASCADE,
    language_id TEXT NOT NULL,
    revision_id TEXT NOT NULL,
    is_revoked BOOLEAN NOT NULL,
    consented_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (user_id, agreement_id)
);

CREATE INDEX agreement_consents_by_agreement ON agreement_consents (agreement_id);
