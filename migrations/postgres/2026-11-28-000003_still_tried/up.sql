-- When a key that had ended was last presented.
ALTER TABLE keys ADD COLUMN tried_at TIMESTAMP;
UPDATE keys SET tried_at = (
  SELECT max(refused_at) FROM key_sources
  WHERE key_id = keys.id AND refusal IN ('REVOKED', 'EXPIRED')
) WHERE id IN (SELECT key_id FROM key_sources WHERE refusal IN ('REVOKED', 'EXPIRED'));
CREATE INDEX keys_tried ON keys (project_id, tried_at, id) WHERE tried_at IS NOT NULL;
-- Lists sorted by prefix, and by when keys end or ended.
CREATE INDEX keys_by_prefix ON keys (project_id, prefix, id);
CREATE INDEX keys_by_end ON keys (project_id, coalesce(revoked_at, expires_at), id);
