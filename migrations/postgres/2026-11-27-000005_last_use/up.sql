-- Keys that were never used come last in a list by last use, in either direction.
CREATE INDEX keys_by_last_use ON keys
  (project_id, coalesce(last_used_at, '9999-12-31 00:00:00'), id);
CREATE INDEX keys_by_last_use_backwards ON keys
  (project_id, coalesce(last_used_at, '1970-01-01 00:00:00'), id);
