"""The learning-rate range test: the loss while the learning rate grows, and a suggestion that is tried."""
