-- Tells this database from every other one. It is no secret.
ALTER TABLE audit_head ADD COLUMN installation TEXT NOT NULL DEFAULT '';
UPDATE audit_head SET installation = lower(hex(randomblob(8)));
