"""Data files, read with bounds and downloaded with checksums."""
