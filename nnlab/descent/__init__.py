"""Descents on functions of several variables: the lab for gradients and update rules."""
