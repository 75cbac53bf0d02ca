"""nnlab: an experiment runner for neural networks written by hand in NumPy.

Nothing heavy is imported here, so that ``nnlab --help`` answers at once.
"""

__version__ = "0.1.0"
