-- Tells this database from every other one. It is no secret.
ALTER TABLE audit_head ADD COLUMN installation TEXT NOT NULL DEFAULT '';
UPDATE audit_head SET installation = substr(md5(random()::text || clock_timestamp()::text), 1, 16);
