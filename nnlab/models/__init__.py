"""Models by name; importing this package registers all of them."""

from nnlab.models import alexnet, convnet, mlp, recurrent, resnet_mini, sequential
from nnlab.models.base import Model

__all__ = ["Model", "alexnet", "convnet", "mlp", "recurrent", "resnet_mini", "sequential"]
