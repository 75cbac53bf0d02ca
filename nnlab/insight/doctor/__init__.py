"""What went wrong in a training, from its records, and from its network and data where they are there."""
