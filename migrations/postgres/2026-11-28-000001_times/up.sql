-- Whether a person's pages show times in the zone of their browser, instead of UTC.
ALTER TABLE users ADD COLUMN local_times BOOLEAN NOT NULL DEFAULT FALSE;
