"""Hyper-parameters from the fields of a dataclass."""

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Gt

from nnlab.hyperparameters import Doc, hyperparameters


def test_hyperparameters_of_a_class() -> None:
    @dataclass(kw_only=True)
    class Parent:
        lr: Annotated[float, Gt(0), Doc("learning rate")]

    @dataclass(kw_only=True)
    class Child(Parent):
        sizes: Annotated[list[int], Doc("sizes")] = field(default_factory=lambda: [1])
        hidden_state: int = field(default=0, init=False)
        plain: bool = True

    lr, sizes, plain = hyperparameters(Child)
    assert (lr.name, lr.base, lr.required, lr.doc) == ("lr", float, True, "learning rate")
    assert lr.annotation == Annotated[float, Gt(0), Doc("learning rate")]
    assert lr.mark(Gt) == Gt(0)
    assert lr.mark(Ge) is None
    assert (sizes.name, sizes.default, sizes.required) == ("sizes", [1], False)
    assert (plain.name, plain.base, plain.default, plain.doc, plain.metadata) == ("plain", bool, True, "", ())
