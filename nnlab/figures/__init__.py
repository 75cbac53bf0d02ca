"""Which pictures a run can have."""
