-- The counts of a list's views are read from these indexes alone.
DROP INDEX keys_by_expiry;
CREATE INDEX keys_by_expiry ON keys (project_id, expires_at, id, revoked_at);
DROP INDEX keys_by_quiet;
CREATE INDEX keys_by_quiet ON keys (project_id, quiet_since, id, revoked_at, expires_at);
DROP INDEX keys_tried;
CREATE INDEX keys_tried ON keys (project_id, tried_at, id, revoked_at, expires_at) WHERE tried_at IS NOT NULL;
-- Of indexes that serve a query equally well, SQLite takes the youngest. It must be the one in the
-- order of the rows: walking a large project in any other reads a page for every key.
DROP INDEX keys_by_project;
CREATE INDEX keys_by_project ON keys (project_id, id);
