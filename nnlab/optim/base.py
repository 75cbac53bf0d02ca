"""The protocol of every update rule."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from annotated_types import Gt, Le

from nnlab.core.arrays import Array, copy_arrays
from nnlab.core.sums import sum_in_order
from nnlab.core.threads import Workers
from nnlab.registry import Doc, registered_name

# Values of one block with its gradient, state and scratch stay in the cache: on 4.2 M parameters Adam takes 8 ms in
# blocks and 11 ms in whole passes. Threads wait for each other after each pass over a shorter one: two take 3.8 ms for
# 1.86 M parameters in blocks of 32,768, 2.2 ms in these; one thread 3.7 and 3.5 ms.
VALUES_PER_BLOCK = 65_536
# From this many values of θ and state threads share the blocks: two take 0.41 in place of 0.56 ms for 433,000 values
# of Adam, but 0.27 in place of 0.17 ms for 500,000 of SGD.
WORTH_THREADS = 2**20


class Squares(NamedTuple):
    """Σg² of an update and Σθ² after it: they show a NaN or an infinity, without another pass over memory."""

    gradient: float
    values: float


@dataclass
class Block:
    """A slice of the flat parameter vector θ, its gradient g, the rule's state, and two arrays of scratch memory.

    The first ``regularized`` values are weights.
    """

    theta: Array
    g: Array
    state: tuple[Array, ...]
    scratch: Array
    spare: Array
    regularized: int


@dataclass(kw_only=True)
class Optimizer(ABC):
    """An update rule on the flat parameter vector θ with gradient g, in place, block by block.

    ``slots`` names the state vectors, each as long as θ and zero at first. ``t`` counts steps from 1. A class that
    declares itself ``thread_safe`` writes to nothing but the block in :meth:`update`; subclasses declare it for
    themselves. The blocks of all others are updated in order by one thread.
    Each rule equals a class in ``textbook/optimizers.py``; faster on large networks, since all weights are one vector,
    of which each block stays in the cache. ``squares`` are those of the last step, from the same walk over the blocks.
    """

    lr: Annotated[float, Gt(0), Le(1e6), Doc("learning rate η")]

    slots: ClassVar[tuple[str, ...]] = ()
    thread_safe: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.thread_safe = vars(cls).get("thread_safe", False)

    def bind(self, theta: Array, g: Array, regularized: int = 0, workers: Workers | None = None) -> None:
        """Update these vectors from now on, with new state; the first ``regularized`` values are weights.

        ``workers`` share the blocks of long vectors of a thread-safe rule; no digit depends on their number.
        """
        self.t = 0
        self.squares = Squares(0.0, 0.0)
        self._state = {name: np.zeros_like(theta) for name in self.slots}
        worth = self.thread_safe and len(theta) * (1 + len(self.slots)) >= WORTH_THREADS
        self._workers = workers if workers and worth else Workers(1)
        self._blocks = [self._blocks_of_one_thread(theta, g, regularized) for _ in range(self._workers.threads)]

    def _blocks_of_one_thread(self, theta: Array, g: Array, regularized: int) -> list[Block]:
        """All blocks, with scratch memory of the thread's own."""
        scratch, spare = np.empty((2, min(VALUES_PER_BLOCK, len(theta))), theta.dtype)
        blocks = []
        for start in range(0, len(theta), VALUES_PER_BLOCK):
            part = slice(start, min(start + VALUES_PER_BLOCK, len(theta)))
            length = part.stop - part.start
            blocks.append(
                Block(
                    theta=theta[part],
                    g=g[part],
                    state=tuple(vector[part] for vector in self._state.values()),
                    scratch=scratch[:length],
                    spare=spare[:length],
                    regularized=min(max(regularized - start, 0), length),
                )
            )
        return blocks

    def step(self, lr: float | None = None) -> None:
        """One update of θ from g, with ``lr`` in place of the rule's own learning rate where given."""
        self.t += 1
        rate = self.lr if lr is None else lr
        blocks = self._blocks
        if len(blocks[0]) == 1:
            self.squares = self._updated(blocks[0][0], rate)
            return

        def update(worker: int, index: int) -> Squares:
            return self._updated(blocks[worker][index], rate)

        gradients, values = zip(*self._workers.run_with_worker(update, len(blocks[0])), strict=True)
        self.squares = Squares(sum_in_order(gradients), sum_in_order(values))

    def _updated(self, block: Block, lr: float) -> Squares:
        """Update one block."""
        g, theta = block.g, block.theta
        gradient = float(g.dot(g))
        self.update(block, lr)
        return Squares(gradient, float(theta.dot(theta)))

    @abstractmethod
    def update(self, block: Block, lr: float) -> None:
        """Apply the rule to one block, in place."""

    def factor(self, slot: str) -> float:
        """What a state vector is multiplied by to be that of the formula; not 1 where a rule keeps a multiple."""
        return 1.0

    def state(self) -> dict[str, Array]:
        """The state vectors by name, and the number of steps taken as ``t``."""
        return {**self._state, "t": np.array(self.t)}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Restore a saved state; raises ShapeError when it is not one of this rule on as many values."""
        t = np.array(self.t)
        copy_arrays(state, {**self._state, "t": t}, f"saved state of {registered_name(self)}")
        self.t = int(t)
