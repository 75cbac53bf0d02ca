"""User data: CSV files and arrays."""
