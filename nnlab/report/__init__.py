"""Runs, sweeps and cross-validations as one document."""
