"""The modules of PyTorch for layers on sequences, and for reshaping into them."""

from collections.abc import Callable
from typing import Any

from nnlab.export.pytorch_module import Module, plain

CLASSES = {
    "Reshape": '''
class Reshape(nn.Module):
    """Each sample in another shape."""

    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(len(x), *self.shape)
''',
    "ImageRows": '''
class ImageRows(nn.Module):
    """The rows of images as steps: (N, C, H, W) to (N, H, C*W)."""

    def forward(self, x):
        return x.transpose(1, 2).flatten(2)
''',
    "Permute": '''
class Permute(nn.Module):
    """The axes of each sample in another order, counted from 1."""

    def __init__(self, *order):
        super().__init__()
        self.order = order

    def forward(self, x):
        return x.permute(0, *self.order)
''',
    "LastStep": '''
class LastStep(nn.Module):
    """The last step of each sequence: (N, T, D) to (N, D)."""

    def forward(self, x):
        return x[:, -1]
''',
    "Reverse": '''
class Reverse(nn.Module):
    """The steps of each sequence in reverse order."""

    def forward(self, x):
        return x.flip(1)
''',
    "TimeDistributed": '''
class TimeDistributed(nn.Sequential):
    """The layer inside on each step: (N, T, ...) as one batch of N*T."""

    def forward(self, x):
        return super().forward(x.flatten(0, 1)).unflatten(0, x.shape[:2])
''',
}
SEQUENCES: dict[str, Callable[[Any], Module]] = {
    "reshape": lambda layer: Module(f"Reshape({', '.join(map(str, layer.out_shape))})"),
    "image_rows": plain("ImageRows()"),
    "permute": lambda layer: Module(f"Permute({', '.join(map(str, layer.order))})"),
    "last_step": plain("LastStep()"),
    "reverse": plain("Reverse()"),
}
