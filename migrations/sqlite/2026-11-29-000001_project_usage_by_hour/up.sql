-- Old hours are folded into days, and in the end deleted.
CREATE INDEX project_usage_by_hour ON project_usage (hour);
