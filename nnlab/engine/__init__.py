"""The algorithm: what happens from one evaluation to the next, and what it is built from."""
