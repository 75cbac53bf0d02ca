"""From samples in memory to the batches of a training."""
