"""Minimising test functions of several variables with one or more optimizers."""
