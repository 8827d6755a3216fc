-- How long keys of a project live: unless somebody says otherwise, and at most.
ALTER TABLE projects ADD COLUMN default_lifetime_days BIGINT;
ALTER TABLE projects ADD COLUMN max_lifetime_days BIGINT;
-- From here on none of its keys works, for good.
ALTER TABLE projects ADD COLUMN archived_at TIMESTAMP;
ALTER TABLE projects ADD COLUMN archived_by TEXT;
-- Whether it has keys from another system, whose secrets may have any shape.
ALTER TABLE projects ADD COLUMN has_imported BOOLEAN NOT NULL DEFAULT FALSE;
-- Rises with every edit, so that an old form can't overwrite a newer change.
ALTER TABLE projects ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- NULL until an invited person has chosen a password.
ALTER TABLE users ADD COLUMN joined_at TIMESTAMP;
UPDATE users SET joined_at = created_at;
-- Rises with another password, another role and when they are disabled: short-lived tokens
-- carry it, and end with it.
ALTER TABLE users ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- One role for a person on a project, and one on all.
CREATE UNIQUE INDEX grants_by_place ON grants (user_id, COALESCE(project_id, 0));
CREATE INDEX grants_by_project ON grants (project_id);

-- Links with which a person chooses a password, once.
CREATE TABLE password_links (
  digest BLOB PRIMARY KEY NOT NULL,
  user_id BIGINT NOT NULL UNIQUE REFERENCES users (id),
  expires_at TIMESTAMP NOT NULL
);

CREATE TABLE personal_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id BIGINT NOT NULL REFERENCES users (id),
  digest BLOB NOT NULL UNIQUE,
  prefix TEXT NOT NULL,
  description TEXT NOT NULL,
  -- Names of permissions, parted by spaces.
  permissions TEXT NOT NULL,
  -- NULL is every project.
  project_id BIGINT REFERENCES projects (id),
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  last_used_at TIMESTAMP,
  last_used_ip TEXT,
  revoked_at TIMESTAMP,
  revoked_by TEXT
);
CREATE INDEX personal_tokens_by_user ON personal_tokens (user_id, id);

-- Secrets of keys and of personal tokens wait alike. None waits longer than five minutes.
DROP TABLE reveals;
CREATE TABLE reveals (
  -- `key` or `token`.
  kind TEXT NOT NULL,
  of_id BIGINT NOT NULL,
  session_id TEXT NOT NULL,
  sealed BLOB NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  PRIMARY KEY (kind, of_id)
);
CREATE INDEX reveals_by_expiry ON reveals (expires_at);

-- Where a session began.
ALTER TABLE sessions ADD COLUMN client_ip TEXT;
ALTER TABLE sessions ADD COLUMN user_agent TEXT;

-- What creating calls with an Idempotency-Key were answered. A status of 0 stands for one that
-- is still under way, or was cut off.
CREATE TABLE idempotent_calls (
  user_id BIGINT NOT NULL REFERENCES users (id),
  idempotency_key TEXT NOT NULL,
  -- Of method, path and body.
  request BLOB NOT NULL,
  status BIGINT NOT NULL,
  answer TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (user_id, idempotency_key)
);
CREATE INDEX idempotent_calls_by_age ON idempotent_calls (created_at);

CREATE INDEX keys_by_creation ON keys (project_id, created_at, id);
