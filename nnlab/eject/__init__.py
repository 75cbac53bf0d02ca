"""A training as one stand-alone NumPy script."""
