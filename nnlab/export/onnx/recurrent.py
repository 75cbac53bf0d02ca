"""Recurrent layers and embeddings. ONNX's recurrent operators take (T, N, D) and give (T, 1, N, H)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto

from nnlab.export.gates import biases_by_gate, by_gate
from nnlab.export.onnx.graph import Graph

LSTM_ORDER = (2, 3, 0, 1)
"""ONNX's order of gates i, o, f, c of ours: f, g, i, o."""
GRU_ORDER = (0, 1, 2)


def embedding(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Gather of the rows of W."""
    constants = graph.parameters(name, layer)
    tokens = graph.node("Cast", f"{name}.tokens", [x], layer.in_shape, TensorProto.INT64, to=TensorProto.INT64)
    return graph.node("Gather", name, [constants["W"], tokens], layer.out_shape, axis=0)


def rnn(graph: Graph, name: str, layer: Any, x: str) -> str:
    """RNN with Tanh or Relu."""
    activation = "Tanh" if layer.activation == "tanh" else "Relu"
    return _recurrent(graph, name, layer, x, "RNN", (0,), activations=[activation])


def lstm(graph: Graph, name: str, layer: Any, x: str) -> str:
    """LSTM, whose gates have another order."""
    return _recurrent(graph, name, layer, x, "LSTM", LSTM_ORDER)


def gru(graph: Graph, name: str, layer: Any, x: str) -> str:
    """GRU, which calls ``reset_after`` linear_before_reset."""
    return _recurrent(graph, name, layer, x, "GRU", GRU_ORDER, linear_before_reset=int(layer.reset_after))


def _recurrent(
    graph: Graph, name: str, layer: Any, x: str, operator: str, order: Sequence[int], **attributes: Any
) -> str:
    """The operator between two transpositions, with W (1, gates·H, D), R (1, gates·H, H) and B (1, 2·gates·H)."""
    T, D = layer.in_shape
    H = layer.units
    inputs = [graph.node("Transpose", f"{name}.steps", [x], (T, D), 0, 1, perm=[1, 0, 2])]
    inputs.append(graph.constant(f"{name}.W", by_gate(layer.Wx.value, order)[np.newaxis]))
    inputs.append(graph.constant(f"{name}.R", by_gate(layer.Wh.value, order)[np.newaxis]))
    if layer.bias:
        bh = getattr(layer, "bh", None)
        biases = biases_by_gate(layer.b.value, None if bh is None else bh.value, order)
        inputs.append(graph.constant(f"{name}.B", np.concatenate(biases)[np.newaxis]))
    states = graph.node(operator, f"{name}.states", inputs, (T, 1, H), 0, 2, hidden_size=H, **attributes)
    direction = graph.constant(f"{name}.direction", np.array([1]), np.int64)
    squeezed = graph.node("Squeeze", f"{name}.squeezed", [states, direction], (T, H), 0, 1)
    return graph.node("Transpose", name, [squeezed], (T, H), perm=[1, 0, 2])
