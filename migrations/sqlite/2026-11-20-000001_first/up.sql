-- Times are UTC. Booleans are 0 and 1. See ARCHITECTURE.md for what each table is for.

CREATE TABLE projects (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  key_start TEXT NOT NULL,
  environment_segment BOOLEAN NOT NULL,
  -- How many keys there are, so that no page counts them.
  key_count BIGINT NOT NULL DEFAULT 0,
  created_at TIMESTAMP NOT NULL
);

CREATE TABLE scopes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id BIGINT NOT NULL REFERENCES projects (id),
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  -- Names of scopes of the same project, parted by spaces.
  includes TEXT NOT NULL DEFAULT '',
  UNIQUE (project_id, name)
);

CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  disabled_at TIMESTAMP,
  created_at TIMESTAMP NOT NULL
);

CREATE TABLE grants (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id BIGINT NOT NULL REFERENCES users (id),
  -- NULL is every project.
  project_id BIGINT REFERENCES projects (id),
  role TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX grants_by_user ON grants (user_id);

CREATE TABLE sessions (
  digest BLOB PRIMARY KEY NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id),
  state TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  last_seen_at TIMESTAMP NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_last_seen ON sessions (last_seen_at);

CREATE TABLE setup_codes (
  digest BLOB PRIMARY KEY NOT NULL,
  created_at TIMESTAMP NOT NULL
);

CREATE TABLE keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id BIGINT NOT NULL REFERENCES projects (id),
  digest BLOB NOT NULL UNIQUE,
  prefix TEXT NOT NULL,
  label TEXT NOT NULL,
  -- The label as it is sorted: lower case.
  label_folded TEXT NOT NULL,
  environment TEXT NOT NULL,
  scopes TEXT NOT NULL,
  -- 9999-12-31 is never, so that it sorts and compares like any other time.
  expires_at TIMESTAMP NOT NULL,
  rate_limit_requests BIGINT,
  rate_limit_seconds BIGINT,
  allowed_ips TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by TEXT NOT NULL,
  revoked_at TIMESTAMP,
  revoked_by TEXT,
  revoke_reason TEXT,
  revoke_note TEXT,
  replaces BIGINT REFERENCES keys (id),
  replaced_by BIGINT REFERENCES keys (id),
  last_used_at TIMESTAMP,
  last_used_ip TEXT,
  last_used_agent TEXT,
  -- When it was last used or, if never, created: what dormancy counts from.
  quiet_since TIMESTAMP NOT NULL,
  -- Rises with every edit, so that an old form can't overwrite a newer change.
  version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX keys_by_project ON keys (project_id, id);
CREATE INDEX keys_by_label ON keys (project_id, label_folded, id);
CREATE INDEX keys_by_expiry ON keys (project_id, expires_at, id);
CREATE INDEX keys_by_quiet ON keys (project_id, quiet_since, id);
CREATE INDEX keys_by_environment ON keys (project_id, environment, id);
CREATE INDEX keys_revoked ON keys (project_id, id) WHERE revoked_at IS NOT NULL;

-- What the search finds keys by: words of the label, the prefix, the creator, and a space and a scope.
CREATE TABLE key_terms (
  project_id BIGINT NOT NULL,
  term TEXT NOT NULL,
  key_id BIGINT NOT NULL REFERENCES keys (id),
  PRIMARY KEY (project_id, term, key_id)
) WITHOUT ROWID;
CREATE INDEX key_terms_by_key ON key_terms (key_id, term);

CREATE TABLE key_usage (
  key_id BIGINT NOT NULL REFERENCES keys (id),
  -- The start of the hour.
  hour TIMESTAMP NOT NULL,
  outcome TEXT NOT NULL,
  requests BIGINT NOT NULL,
  PRIMARY KEY (key_id, hour, outcome)
) WITHOUT ROWID;

CREATE TABLE reveals (
  key_id BIGINT PRIMARY KEY NOT NULL REFERENCES keys (id),
  session_id TEXT NOT NULL,
  sealed BLOB NOT NULL,
  expires_at TIMESTAMP NOT NULL
);
CREATE INDEX reveals_by_expiry ON reveals (expires_at);

-- The last entry of the audit log. Taking this row is taking the right to change anything.
CREATE TABLE audit_head (
  id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
  last_entry BIGINT NOT NULL,
  hash BLOB NOT NULL
);
INSERT INTO audit_head (id, last_entry, hash) VALUES (1, 0, zeroblob(32));

CREATE TABLE audit_entries (
  id BIGINT PRIMARY KEY NOT NULL,
  at TIMESTAMP NOT NULL,
  actor TEXT NOT NULL,
  actor_id BIGINT,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  project_id BIGINT,
  key_id BIGINT,
  related_key_id BIGINT,
  details TEXT NOT NULL,
  client_ip TEXT,
  user_agent TEXT,
  request_id TEXT,
  previous_hash BLOB NOT NULL,
  hash BLOB NOT NULL
);
CREATE INDEX audit_by_project ON audit_entries (project_id, id);
CREATE INDEX audit_by_key ON audit_entries (key_id, id);
CREATE INDEX audit_by_related_key ON audit_entries (related_key_id, id);
CREATE INDEX audit_by_actor ON audit_entries (actor_id, action, id);

CREATE TRIGGER audit_entries_keep BEFORE UPDATE ON audit_entries
BEGIN
  SELECT RAISE(ABORT, 'audit entries can not be changed');
END;
CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
BEGIN
  SELECT RAISE(ABORT, 'audit entries can not be deleted');
END;

INSERT INTO projects (slug, name, key_start, environment_segment, created_at)
VALUES ('default', 'Default', 'mk', 1, strftime('%Y-%m-%d %H:%M:%f', 'now'));
INSERT INTO scopes (project_id, name, description) VALUES
  (1, 'read:assets', 'List and view assets, playback info'),
  (1, 'write:assets', 'Upload, update, delete assets'),
  (1, 'read:analytics', 'View analytics data and summaries');
