-- The network that an address belongs to: /24 for IPv4, /48 for IPv6; empty where it is not known.
-- Addresses of IPv6 that were met before stand for themselves until they are met again.
ALTER TABLE key_sources ADD COLUMN network TEXT NOT NULL DEFAULT '';
UPDATE key_sources SET network = CASE
  WHEN ip LIKE '%.%' THEN rtrim(ip, '0123456789') || '0/24'
  ELSE ip END;
-- Keys that were never used are few, or found at once.
CREATE INDEX keys_never_used ON keys (project_id, id) WHERE last_used_at IS NULL;
