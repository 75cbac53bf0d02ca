"""Tables of a user's own: CSV files and arrays."""
