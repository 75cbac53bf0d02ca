"""What a finished run answers about samples: predictions and evaluations."""
