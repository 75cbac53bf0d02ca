"""Models by name; importing this package registers all of them."""

from nnlab.models import mlp, sequential
from nnlab.models.base import Model

__all__ = ["Model", "mlp", "sequential"]
