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
  term TEXT COLLATE "C" NOT NULL,
  entry BIGINT NOT NULL,
  PRIMARY KEY (term, entry)
);
INSERT INTO audit_terms
SELECT word, id FROM audit_entries, regexp_split_to_table(lower(subject), '\s+') AS word
WHERE word <> ''
UNION
SELECT word, id FROM audit_entries, regexp_split_to_table(lower(subject), '[^[:alnum:]]+') AS word
WHERE word <> ''
UNION
SELECT lower(details::json ->> 'key_prefix'), id FROM audit_entries
WHERE details::json ->> 'key_prefix' IS NOT NULL;

CREATE INDEX audit_terms_by_entry ON audit_terms (entry, term);

-- Signed statements of the log's length and hash.
CREATE TABLE audit_checkpoints (
  entry BIGINT NOT NULL,
  -- Whether the entries up to this one were deleted afterwards.
  is_cut BOOLEAN NOT NULL,
  at TIMESTAMP NOT NULL,
  hash BYTEA NOT NULL,
  -- The statement and its signature, as text.
  note TEXT NOT NULL,
  PRIMARY KEY (entry, is_cut)
);
CREATE FUNCTION audit_checkpoints_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'checkpoints can not be changed or deleted';
END
$$;
CREATE TRIGGER audit_checkpoints_keep BEFORE UPDATE OR DELETE ON audit_checkpoints
FOR EACH ROW EXECUTE FUNCTION audit_checkpoints_are_final();
CREATE TRIGGER audit_checkpoints_stay BEFORE TRUNCATE ON audit_checkpoints
FOR EACH STATEMENT EXECUTE FUNCTION audit_checkpoints_are_final();

-- The entry at which the chain was last seen to break.
ALTER TABLE audit_head ADD COLUMN broken_at BIGINT;

-- What a checkpoint says was cut may be deleted.
CREATE OR REPLACE FUNCTION audit_entries_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.id <= (SELECT max(entry) FROM audit_checkpoints WHERE is_cut) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit entries can not be changed or deleted';
END
$$;
