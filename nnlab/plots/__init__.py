"""Pictures; nothing outside this package imports matplotlib."""
