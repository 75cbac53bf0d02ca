"""Runs, sweeps and cross-validations as one document: HTML to print and hand in, or Markdown."""
