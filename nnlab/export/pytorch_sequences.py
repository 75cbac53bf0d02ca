"""The modules of PyTorch for layers on sequences, and for reshaping into them."""

from collections.abc import Callable, Sequence
from typing import Any

from nnlab.export.gates import biases_by_gate, by_gate
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
    **{
        name: f'''
class {name}(nn.{name}):
    """The state of each step: (N, T, D) to (N, T, H)."""

    def forward(self, x):
        return super().forward(x)[0]
'''
        for name in ("RNN", "LSTM", "GRU")
    },
    "ResetBeforeGRU": '''
class ResetBeforeGRU(nn.Module):
    """The GRU of Cho et al. 2014, whose reset gate acts before the product: (N, T, D) to (N, T, H)."""

    def __init__(self, inputs, units, bias=True):
        super().__init__()
        self.of_input = nn.Linear(inputs, 3 * units, bias=bias)
        self.gates = nn.Linear(units, 2 * units, bias=False)
        self.candidate = nn.Linear(units, units, bias=False)

    def forward(self, x):
        h, states = x.new_zeros(len(x), self.candidate.in_features), []
        for of_input in self.of_input(x).unbind(1):
            a, n = of_input.split([2 * h.shape[1], h.shape[1]], dim=1)
            z, r = torch.sigmoid(a + self.gates(h)).chunk(2, dim=1)
            h = (1 - z) * torch.tanh(n + self.candidate(r * h)) + z * h
            states.append(h)
        return torch.stack(states, dim=1)
''',
    "Embedding": '''
class Embedding(nn.Embedding):
    """Tokens held as numbers, (N, T) to (N, T, D)."""

    def forward(self, x):
        return super().forward(x.long())
''',
}
LSTM_ORDER = (2, 0, 1, 3)
"""PyTorch's order of gates i, f, g, o of ours: f, g, i, o."""
GRU_ORDER = (1, 0, 2)
"""PyTorch's r, z, n of ours: z, r, n."""


def _recurrent(call: str, order: Sequence[int], layer: Any, settings: str = "") -> Module:
    """A recurrent module; PyTorch has a bias of the input and one of the state."""
    state = {"weight_ih_l0": by_gate(layer.Wx.value, order), "weight_hh_l0": by_gate(layer.Wh.value, order)}
    if layer.bias:
        bh = getattr(layer, "bh", None)
        biases = biases_by_gate(layer.b.value, None if bh is None else bh.value, order)
        state["bias_ih_l0"], state["bias_hh_l0"] = biases
    return Module(f"{call}({_sizes(layer)}, batch_first=True{settings})", state)


def _sizes(layer: Any) -> str:
    return f"{layer.in_shape[1]}, {layer.units}" + ("" if layer.bias else ", bias=False")


def _gru(layer: Any) -> Module:
    if layer.reset_after:
        return _recurrent("GRU", GRU_ORDER, layer)
    H = layer.units
    state = {
        "of_input.weight": layer.Wx.value.T,
        "gates.weight": layer.Wh.value[:, : 2 * H].T,
        "candidate.weight": layer.Wh.value[:, 2 * H :].T,
    }
    if layer.bias:
        state["of_input.bias"] = layer.b.value
    return Module(f"ResetBeforeGRU({_sizes(layer)})", state)


SEQUENCES: dict[str, Callable[[Any], Module]] = {
    "reshape": lambda layer: Module(f"Reshape({', '.join(map(str, layer.out_shape))})"),
    "image_rows": plain("ImageRows()"),
    "permute": lambda layer: Module(f"Permute({', '.join(map(str, layer.order))})"),
    "last_step": plain("LastStep()"),
    "reverse": plain("Reverse()"),
    "embedding": lambda layer: Module(f"Embedding({layer.tokens}, {layer.units})", {"weight": layer.W.value}),
    "rnn": lambda layer: _recurrent("RNN", (0,), layer, f', nonlinearity="{layer.activation}"'),
    "lstm": lambda layer: _recurrent("LSTM", LSTM_ORDER, layer),
    "gru": _gru,
}
