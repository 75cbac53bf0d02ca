"""The Python script that rebuilds a network in PyTorch and loads its weights."""

from collections.abc import Sequence
from pprint import pformat

import numpy as np

from nnlab import __version__
from nnlab.core.arrays import Array
from nnlab.data.input_format import WHITE, InputFormat
from nnlab.export.pytorch_images import CLASSES as IMAGE_CLASSES
from nnlab.export.pytorch_module import Module
from nnlab.export.pytorch_sequences import CLASSES as SEQUENCE_CLASSES

CENTRE, SPREAD = "inputs.centre", "inputs.spread"
"""The arrays of the module that scales features, beside those of the layers."""

TARGET_CENTRE, TARGET_SPREAD = "outputs.centre", "outputs.spread"
"""Those of the module that turns scores into numbers in the user's units."""

CLASSES = {
    "Residual": '''
class Residual(nn.Sequential):
    """layers(x) + projection(x)."""

    def forward(self, x):
        return self.layers(x) + self.projection(x)
''',
    "Concat": '''
class Concat(nn.Sequential):
    """The outputs of all branches, side by side."""

    def forward(self, x):
        return torch.cat([branch(x) for branch in self], dim=1)
''',
    "Swish": '''
class Swish(nn.Module):
    """x sigmoid(beta x)."""

    def __init__(self, beta):
        super().__init__()
        self.beta = beta

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x)
''',
    "PReLULast": '''
class PReLULast(nn.PReLU):
    """A slope for each feature of sequences (N, T, D)."""

    def forward(self, x):
        return super().forward(x.movedim(-1, 1)).movedim(1, -1)
''',
    "ConcatFeatures": '''
class ConcatFeatures(nn.Sequential):
    """The outputs of all branches, side by side along the last axis."""

    def forward(self, x):
        return torch.cat([branch(x) for branch in self], dim=-1)
''',
    **IMAGE_CLASSES,
    **SEQUENCE_CLASSES,
}
"""The source of each class that PyTorch has not."""
_PIXELS = '''
class Inputs(nn.Module):
    """Pixels from 0 to {white} (uint8) as numbers from 0 to 1; floats from 0 to 1 stay."""

    def forward(self, x):
        return x.to({dtype}) if x.is_floating_point() else x.to({dtype}) / {white}
'''
_SCALED = '''
class Inputs(nn.Module):
    """Raw features (x - centre) / spread, in float64: float32 tells no two neighbours of a large number apart."""

    def __init__(self):
        super().__init__()
        self.register_buffer("centre", torch.zeros({shape}, dtype=torch.float64))
        self.register_buffer("spread", torch.ones({shape}, dtype=torch.float64))

    def forward(self, x):
        return ((x - self.centre) / self.spread).to({dtype})
'''
_TARGETS = '''
class Outputs(nn.Module):
    """Scores as predictions in the units of the targets, in float64."""

    def __init__(self):
        super().__init__()
        self.register_buffer("centre", torch.zeros({count}, dtype=torch.float64))
        self.register_buffer("spread", torch.ones({count}, dtype=torch.float64))

    def forward(self, x):
        return x.double() * self.spread + self.centre
'''
_RAW = '''
class Inputs(nn.Module):
    """Raw features in the precision of the weights."""

    def forward(self, x):
        return x.to({dtype})
'''
_SCRIPT = '''\
"""The network of the nnlab run {run} in PyTorch.

    model = load_model()
    {scores} = model(x)  # x: a tensor (N, {shape}), {kind}
{names}
Written by nnlab {version}; needs the packages torch and safetensors.
"""

from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

WEIGHTS = Path(__file__).with_name({weights})
{constant} = {classes}
{features}{definitions}

def network():
    """The network with random weights."""
    return {network}


def load_model(weights=WEIGHTS):
    """The trained network, in evaluation mode."""
    model = network(){double}
    model.load_state_dict(load_file(weights))
    return model.eval()


if __name__ == "__main__":
    model = load_model()
    print(model)
    print("{scores} of an input of zeros:", model(torch.zeros(1, {sizes})).tolist())
'''


def script(layers: Module, inputs: InputFormat, dtype: np.dtype[np.generic], run: str, weights: str) -> str:
    """A script whose ``load_model()`` gives the network with the weights of the file beside it.

    It takes raw samples: the first module, ``inputs``, scales them as in training.
    """
    named = {"inputs": Module("Inputs()"), **(layers.inside or {})}
    targets = inputs.targets
    if targets is not None:
        named["outputs"] = Module("Outputs()")
    network = Module(layers.call, inside=named)
    classes = "\n".join(
        text for name, text in CLASSES.items() if any(call.partition("(")[0] == name for call in network.calls())
    )
    inputs_class = _PIXELS if inputs.pixels else _RAW if inputs.scaling is None else _SCALED
    kind = f"uint8 pixels from 0 to {WHITE}" if inputs.pixels else "raw features, not scaled"
    if any(column.categories for column in inputs.columns):
        kind += ", categories one-hot encoded"
    definitions = inputs_class.format(white=WHITE, dtype=f"torch.{dtype}", shape=inputs.shape)
    if targets is not None:
        definitions += "\n" + _TARGETS.format(count=len(targets))
    features = f"FEATURES = {_listed(inputs.feature_names)}\n" if inputs.feature_names else ""
    return _SCRIPT.format(
        run=repr(run)[1:-1].replace('"', '\\"'),
        version=__version__,
        shape=", ".join(map(str, inputs.shape)),
        sizes=", ".join(map(str, inputs.shape)),
        kind=kind,
        weights=repr(weights),
        scores="scores" if targets is None else "predictions",
        names="    names = [CLASSES[k] for k in scores.argmax(dim=1)]\n" if targets is None else _UNITS,
        constant="CLASSES" if targets is None else "TARGETS",
        classes=_listed(inputs.class_names if targets is None else targets.names),
        features=features,
        definitions="\n".join(filter(None, ["\n" + definitions, classes])),
        network=network.source("    "),
        double=".double()" if dtype == np.float64 else "",
    )


_UNITS = "    # (N, K): for each target in TARGETS the number in its own units\n"


def _listed(names: Sequence[str]) -> str:
    return pformat(list(names), width=120, compact=True)


def input_arrays(inputs: InputFormat) -> dict[str, Array]:
    """The arrays of the modules ``inputs`` and ``outputs`` by their names in the state_dict."""
    arrays: dict[str, Array] = {}
    if not inputs.pixels and inputs.scaling is not None:
        arrays |= {CENTRE: inputs.scaling.centre, SPREAD: inputs.scaling.spread}
    if inputs.targets is not None:
        arrays |= {TARGET_CENTRE: inputs.targets.centre, TARGET_SPREAD: inputs.targets.spread}
    return arrays
