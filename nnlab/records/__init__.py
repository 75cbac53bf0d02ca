"""The run folder: what is written, read and compared."""
