-- Which scopes requests asked keys for, and got: by hour, and after eight days by day, for 90 days. An
-- empty scope counts requests that asked for none.
CREATE TABLE scope_usage (
  key_id BIGINT NOT NULL REFERENCES keys (id),
  scope TEXT COLLATE "C" NOT NULL,
  hour TIMESTAMP NOT NULL,
  requests BIGINT NOT NULL,
  PRIMARY KEY (key_id, scope, hour)
);
CREATE INDEX scope_usage_by_hour ON scope_usage (hour);

-- The same of all keys of a project, by day.
CREATE TABLE project_scope_usage (
  project_id BIGINT NOT NULL REFERENCES projects (id),
  scope TEXT COLLATE "C" NOT NULL,
  day TIMESTAMP NOT NULL,
  requests BIGINT NOT NULL,
  PRIMARY KEY (project_id, scope, day)
);
