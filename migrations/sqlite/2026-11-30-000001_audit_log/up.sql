-- Pages of the log are read by time, for each action that they show.
DROP INDEX audit_by_project;
DROP INDEX audit_by_key;
DROP INDEX audit_by_related_key;
DROP INDEX audit_by_actor;
CREATE INDEX audit_by_time ON audit_entries (at, id);
CREATE INDEX audit_by_action ON audit_entries (action, at, id);
CREATE INDEX audit_by_actor ON audit_entries (actor, action, at, id);
CREATE INDEX audit_by_project ON audit_entries (project_id, action, at, id)
  WHERE project_id IS NOT NULL;
CREATE INDEX audit_by_key ON audit_entries (key_id, at, id) WHERE key_id IS NOT NULL;
CREATE INDEX audit_by_related_key ON audit_entries (related_key_id, at, id)
  WHERE related_key_id IS NOT NULL;
CREATE INDEX audit_by_address ON audit_entries (client_ip, at, id) WHERE client_ip IS NOT NULL;

-- The words of what entries are about.
CREATE TABLE audit_terms (
  term TEXT NOT NULL,
  entry BIGINT NOT NULL,
  PRIMARY KEY (term, entry)
) WITHOUT ROWID;
WITH RECURSIVE texts (entry, text) AS (
  SELECT id, lower(subject) FROM audit_entries
  UNION SELECT id, replace(replace(replace(replace(replace(lower(subject),
    '@', ' '), '.', ' '), '-', ' '), '_', ' '), ':', ' ') FROM audit_entries
), words (entry, word, rest) AS (
  SELECT entry, '', text || ' ' FROM texts
  UNION ALL
  SELECT entry, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1)
  FROM words WHERE rest <> ''
)
INSERT OR IGNORE INTO audit_terms SELECT word, entry FROM words WHERE word <> '';
INSERT OR IGNORE INTO audit_terms
SELECT lower(json_extract(details, '$.key_prefix')), id FROM audit_entries
WHERE json_extract(details, '$.key_prefix') IS NOT NULL;

CREATE INDEX audit_terms_by_entry ON audit_terms (entry, term);

-- Signed statements of the log's length and hash.
CREATE TABLE audit_checkpoints (
  entry BIGINT NOT NULL,
  -- Whether the entries up to this one were deleted afterwards.
  is_cut BOOLEAN NOT NULL,
  at TIMESTAMP NOT NULL,
  hash BLOB NOT NULL,
  -- The statement and its signature, as text.
  note TEXT NOT NULL,
  PRIMARY KEY (entry, is_cut)
) WITHOUT ROWID;
CREATE TRIGGER audit_checkpoints_keep BEFORE UPDATE ON audit_checkpoints
BEGIN
  SELECT RAISE(ABORT, 'checkpoints can not be changed');
END;
CREATE TRIGGER audit_checkpoints_stay BEFORE DELETE ON audit_checkpoints
BEGIN
  SELECT RAISE(ABORT, 'checkpoints can not be deleted');
END;

-- The entry at which the chain was last seen to break.
ALTER TABLE audit_head ADD COLUMN broken_at BIGINT;

-- What a checkpoint says was cut may be deleted.
DROP TRIGGER audit_entries_stay;
CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
WHEN OLD.id > COALESCE((SELECT max(entry) FROM audit_checkpoints WHERE is_cut), 0)
BEGIN
  SELECT RAISE(ABORT, 'audit entries can not be deleted');
END;
