-- How many users each population has, kept by every write of a user: counting them would take as
-- long as there are users. Each count is divided into shares, so that writers of one population
-- rarely wait for each other; a share alone may be below zero, the sum never is.
CREATE TABLE population_users (
    population_id TEXT NOT NULL REFERENCES populations (id) ON DELETE CASCADE,
    share BIGINT NOT NULL,
    users BIGINT NOT NULL,
    PRIMARY KEY (population_id, share)
);
INSERT INTO population_users (population_id, share, users)
SELECT population_id, 0, COUNT(*) FROM users GROUP BY population_id;
