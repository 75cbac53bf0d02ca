"""The life of a run: training, resuming, cross-validation, checkpoints, snapshots, diagnostics."""
