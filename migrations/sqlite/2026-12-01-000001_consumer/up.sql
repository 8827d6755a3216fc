-- Who calls with a key: a customer, a tenant, a service.
ALTER TABLE keys ADD COLUMN consumer TEXT;
CREATE INDEX keys_by_consumer ON keys (consumer, project_id) WHERE consumer IS NOT NULL;
