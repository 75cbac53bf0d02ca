"""Keys that a resolved spec leaves out at their default."""

from dataclasses import dataclass, field
from typing import Annotated

from nnlab.config.resolved_spec import ResolvedSpec
from nnlab.registry import Doc, OmittedAtDefault


@dataclass(kw_only=True)
class Earlier:
    snapshots: Annotated[int, Doc("number of snapshots")] = 0


@dataclass(kw_only=True)
class Later(Earlier):
    gates: Annotated[bool, OmittedAtDefault(), Doc("gates of each layer")] = True


@dataclass(kw_only=True)
class EarlierSpec(ResolvedSpec):
    train: Earlier = field(default_factory=Earlier)


@dataclass(kw_only=True)
class LaterSpec(ResolvedSpec):
    train: Later = field(default_factory=Later)


def test_key_added_later_keeps_spec_and_sha256_at_its_default() -> None:
    assert LaterSpec().to_yaml() == EarlierSpec().to_yaml()
    assert LaterSpec().sha256() == EarlierSpec().sha256()


def test_key_that_is_not_the_default_is_written() -> None:
    given = LaterSpec(train=Later(gates=False))
    assert given.resolved() == {"train": {"snapshots": 0, "gates": False}}
    assert given.sha256() != LaterSpec().sha256()
