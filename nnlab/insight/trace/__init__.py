"""One training step laid open: every tensor, forward, backward and update, beside its formula and textbook code."""
