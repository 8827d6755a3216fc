-- The counts of a list's views are read from these indexes alone.
DROP INDEX keys_by_expiry;
CREATE INDEX keys_by_expiry ON keys (project_id, expires_at, id) INCLUDE (revoked_at);
DROP INDEX keys_by_quiet;
CREATE INDEX keys_by_quiet ON keys (project_id, quiet_since, id) INCLUDE (revoked_at, expires_at);
DROP INDEX keys_tried;
CREATE INDEX keys_tried ON keys (project_id, tried_at, id) INCLUDE (revoked_at, expires_at) WHERE tried_at IS NOT NULL;
