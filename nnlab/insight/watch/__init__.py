"""A run, cross-validation or sweep while it is written: its files are read as they grow, and drawn on a terminal."""
