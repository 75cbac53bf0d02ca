"""Test functions of several variables, by name and as expressions."""

from nnlab.functions import expression, named
from nnlab.functions.base import Function

__all__ = ["Function", "expression", "named"]
