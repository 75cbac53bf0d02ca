"""Training: the loop, its evaluations, its signals, and a whole run from spec to folder."""
