"""A plugin that works, and registries that are afterwards as before."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nnlab.plugins import loading

SWISH = '''import numpy as np
from nnlab.components import Annotated, Array, Doc, Ge, Layer, Le, Shape, dataclass, layers


@layers.register("my_swish")
@dataclass(kw_only=True)
class MySwish(Layer):
    """y = x · sigmoid(βx)."""

    beta: Annotated[float, Ge(0), Le(10), Doc("factor β")] = 1.0

    def build(self, in_shape: Shape) -> Shape:
        return in_shape

    def forward(self, x: Array, *, training: bool) -> Array:
        self._x, self._s = x, 1 / (1 + np.exp(-self.beta * x))
        return x * self._s

    def backward(self, dy: Array) -> Array:
        return dy * (self._s + self.beta * self._x * self._s * (1 - self._s))
'''

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def _nothing_loaded(own_registries: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without plugins, and leave the registries as they were."""
    monkeypatch.setattr(loading, "_by_content", {})
    monkeypatch.setattr(loading, "_by_path", {})


@pytest.fixture
def swish() -> str:
    return SWISH


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a plugin into ``tmp_path``; the text is that of my_swish."""

    def written(text: str = SWISH, name: str = "my_swish.py") -> Path:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return written
