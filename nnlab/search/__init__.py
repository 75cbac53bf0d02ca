"""Searches: which points of a space a sweep trains."""

from nnlab.search import grid, halving, optuna_search, random  # noqa: F401 - registers the searches
