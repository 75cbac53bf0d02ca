"""Functions of several variables to descend on, by name and as expressions."""

from nnlab.functions import expression, named
from nnlab.functions.base import Function

__all__ = ["Function", "expression", "named"]
