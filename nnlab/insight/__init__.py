"""What a run says about itself: diagnoses, checks before training, one step laid open, explanations."""
