-- The counts of `key_usage`, added up by project: an overview must not read every key's.
CREATE TABLE project_usage (
  project_id BIGINT NOT NULL REFERENCES projects (id),
  hour TIMESTAMP NOT NULL,
  outcome TEXT NOT NULL,
  requests BIGINT NOT NULL,
  PRIMARY KEY (project_id, hour, outcome)
);
INSERT INTO project_usage (project_id, hour, outcome, requests)
  SELECT keys.project_id, key_usage.hour, key_usage.outcome, sum(key_usage.requests)
  FROM key_usage JOIN keys ON keys.id = key_usage.key_id GROUP BY 1, 2, 3;
