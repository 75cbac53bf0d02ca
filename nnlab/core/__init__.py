"""What layers stand on: arrays, parameters, random streams, initial values, reusable memory."""
