"""The loss landscape of a run: along random directions, along the line from start to end, and around its path."""
