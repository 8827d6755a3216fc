-- Hours in which instances could not record everything, of all keys together.
CREATE TABLE usage_gaps (
  hour TIMESTAMP NOT NULL PRIMARY KEY,
  -- Requests that were not counted, and those that were counted without their source.
  requests BIGINT NOT NULL,
  without_source BIGINT NOT NULL
);
