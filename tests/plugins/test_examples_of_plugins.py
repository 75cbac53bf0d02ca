"""The examples that the gradient check makes of a plugin's layers and losses, own and inherited ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nnlab.errors import PluginError, UsageError
from nnlab.gradcheck import check_components
from nnlab.plugins import load_plugin

Write = Callable[..., Path]

LINEARS = '''from nnlab.components import Annotated, Doc, dataclass, layers
from nnlab.layers.linear import Linear


@layers.register("my_weighted")
@dataclass(kw_only=True)
class MyWeighted(Linear):
    """y = xW + b, with a factor that nothing can guess."""

    factor: Annotated[float, Doc("factor")]


@layers.register("my_linear")
@dataclass(kw_only=True)
class MyLinear(Linear):
    """y = xW + b."""


class Base(Linear):
    @staticmethod
    def examples():
        return [(MyStatic(units=4), (5,))]


@layers.register("my_static")
@dataclass(kw_only=True)
class MyStatic(Base):
    """y = xW + b."""


@layers.register("my_own")
@dataclass(kw_only=True)
class MyOwn(MyWeighted):
    """y = xW + b."""

    bound: Annotated[float, Doc("bound")]
'''
LOSS = '''from nnlab.components import dataclass, losses
from nnlab.losses import MeanSquaredError


@losses.register("my_loss")
@dataclass(kw_only=True)
class MyLoss(MeanSquaredError):
    """L = mean of squares."""

    @classmethod
    def examples(cls):
        return []
'''


def test_a_layer_that_cannot_be_made_without_arguments_lists_examples(write: Write, swish: str) -> None:
    load_plugin(write(swish.replace('Doc("factor β")] = 1.0', 'Doc("factor β")]')))
    with pytest.raises(PluginError, match=r"my_swish.py: MySwish has no default for beta, so the gradient check"):
        check_components("central", ["my_swish"])


def test_inherited_examples_are_taken_where_they_fit(write: Write) -> None:
    load_plugin(write(LINEARS, "my_linears.py"))
    results = check_components("central", ["my_linear"])
    assert {result.tensor for result in results} == {"x", "W", "b"}
    assert all(result.component.startswith("my_linear ") for result in results)
    for name, needed in [("my_weighted", "MyWeighted has no default for units, factor"), ("my_own", "factor, bound")]:
        with pytest.raises(PluginError, match=f"{needed}, so the gradient check"):
            check_components("central", [name])
    assert {result.component for result in check_components("central", ["my_static"])} == {"my_static"}


def test_a_mistake_in_inherited_examples_is_one_of_the_plugin(write: Write) -> None:
    load_plugin(write(LINEARS.replace("[(MyStatic(units=4), (5,))]", "[(MyStatic(units=4), (5,) + None)]"), "mine.py"))
    with pytest.raises(PluginError, match=r"mine.py:22: TypeError: can only concatenate tuple"):
        check_components("central", ["my_static"])


def test_examples_without_a_layer_are_an_error_for_the_user(write: Write) -> None:
    load_plugin(write(LINEARS.replace("[(MyStatic(units=4), (5,))]", "[]"), "mine.py"))
    with pytest.raises(UsageError, match=r"MyStatic\.examples returns no layer, so there is nothing to check"):
        check_components("central", ["my_static"])


def test_a_loss_without_examples_is_not_taken_for_a_right_one(write: Write) -> None:
    load_plugin(write(LOSS, "my_loss.py"))
    with pytest.raises(UsageError, match=r"MyLoss\.examples returns no loss, .* such as \[MyLoss\(\)\]"):
        check_components("central", ["my_loss"])
