-- Access reviews: each of some keys is answered for by a date.
CREATE TABLE reviews (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  title TEXT NOT NULL,
  -- All projects without one.
  project_id BIGINT REFERENCES projects (id),
  subject TEXT NOT NULL,
  due_at TIMESTAMP NOT NULL,
  four_eyes BOOLEAN NOT NULL,
  revoke_unanswered BOOLEAN NOT NULL,
  opened_by TEXT NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  closed_at TIMESTAMP,
  csv_sha256 TEXT,
  jsonl_sha256 TEXT
);
CREATE TABLE review_items (
  review_id BIGINT NOT NULL REFERENCES reviews (id),
  key_id BIGINT NOT NULL REFERENCES keys (id),
  project_id BIGINT NOT NULL REFERENCES projects (id),
  answer TEXT,
  word TEXT,
  answered_by TEXT,
  answered_at TIMESTAMP,
  -- What the page showed, as JSON.
  evidence TEXT,
  PRIMARY KEY (review_id, key_id)
) WITHOUT ROWID;
CREATE INDEX review_items_by_key ON review_items (key_id);
