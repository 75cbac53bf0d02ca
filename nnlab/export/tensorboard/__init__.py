"""The records of a run as event files of TensorBoard."""
