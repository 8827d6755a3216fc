-- A call is stored by the transaction that creates what it asks for, so none is under way.
DELETE FROM idempotent_calls WHERE status = 0;
ALTER TABLE idempotent_calls DROP COLUMN status;
