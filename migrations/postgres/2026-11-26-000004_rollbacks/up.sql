-- Losses of the database's last changes, after a failover or a restored backup.
CREATE TABLE rollbacks (
  -- The audit entry that tells of it.
  entry BIGINT PRIMARY KEY NOT NULL,
  at TIMESTAMP NOT NULL,
  -- The first and the last lost entry that an instance knew.
  lost_from BIGINT NOT NULL,
  last_known BIGINT NOT NULL,
  -- Whether none before these was lost.
  is_exact BOOLEAN NOT NULL,
  -- Ids of keys that were revoked again and projects that were archived again, separated by spaces.
  keys TEXT NOT NULL,
  projects TEXT NOT NULL,
  -- NULL until an owner has seen it.
  acknowledged_at TIMESTAMP,
  acknowledged_by TEXT
);
