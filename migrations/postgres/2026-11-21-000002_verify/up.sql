-- A project's limit holds for those of its keys that have none of their own.
ALTER TABLE projects ADD COLUMN rate_limit_requests BIGINT;
ALTER TABLE projects ADD COLUMN rate_limit_seconds BIGINT;

-- The number of the audit entry that last changed what verifications need to know. Instances
-- ask for everything above the number they know.
ALTER TABLE projects ADD COLUMN changed_in BIGINT NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN changed_in BIGINT NOT NULL DEFAULT 0;
CREATE INDEX keys_by_change ON keys (changed_in);

-- The instances that answer from memory. Whoever changes a key waits for them.
CREATE TABLE instances (
  id BIGINT PRIMARY KEY NOT NULL,
  -- It knows every change up to this audit entry.
  applied BIGINT NOT NULL,
  -- Rises with every sign of life.
  beat BIGINT NOT NULL DEFAULT 0
);

-- Rows of `key_usage` are hours; those over 90 days old are folded into the first hour of
-- their day.
CREATE INDEX key_usage_by_hour ON key_usage (hour);

-- Where a key is used from: the latest 100 of each key.
CREATE TABLE key_sources (
  key_id BIGINT NOT NULL REFERENCES keys (id),
  -- Empty where it is not known.
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  first_seen TIMESTAMP NOT NULL,
  last_seen TIMESTAMP NOT NULL,
  passed BIGINT NOT NULL,
  refused BIGINT NOT NULL,
  -- The latest refusal: when, and its code.
  refused_at TIMESTAMP,
  refusal TEXT,
  PRIMARY KEY (key_id, ip, user_agent)
);
CREATE INDEX key_sources_by_last_seen ON key_sources (last_seen);
