-- Who answers for a key, the email of its creator at first; and what the service behind it keeps there.
ALTER TABLE keys ADD COLUMN owner TEXT;
ALTER TABLE keys ADD COLUMN metadata TEXT;
UPDATE keys SET owner = created_by WHERE created_by IN (SELECT email FROM users);
CREATE INDEX keys_by_owner ON keys (owner, project_id) WHERE owner IS NOT NULL;
