-- The time that the database has seen advance. One row, from the first look on.
CREATE TABLE trusted_time (
  id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  at TIMESTAMP NOT NULL
);
