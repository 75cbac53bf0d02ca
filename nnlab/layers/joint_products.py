"""Products with the weights of a whole batch that several replicas of a layer compute together."""

from abc import abstractmethod
from inspect import isroutine

from nnlab.core.arrays import Array
from nnlab.core.flat_parameters import Parameter
from nnlab.layers.base import Layer

# What computes the same in each of the two ways.
BOTH_WAYS = ("forward", "backward", "backward_parameters", "joint_forward", "joint_backward", "set_joint_input")
# What a subclass may have of its own: it is called before a batch is there.
BEFORE_A_BATCH = {"build", "examples", "example_inputs", "regularizers", "weight_uses"}


class JointProducts(Layer):
    """A layer y = x W + b whose replicas can split its products by parts of W, not by parts of the batch.

    Each thread then reads a part of W where it would read all of it. While ``joint`` is set, :meth:`forward` and
    :meth:`backward` are not called, and ``backward_parameters`` writes no dW.
    """

    joint: bool = False
    W: Parameter

    @classmethod
    def products_are_its_own(cls) -> bool:
        """Whether one class has both ways, and no subclass a method of its own that may read what ``forward`` keeps.

        A subclass that overrides ``forward`` alone computes something else; one that overrides ``activity_penalty`` may
        need the last input, which no layer keeps whose products are joint.
        """
        owner, *others = {next(base for base in cls.__mro__ if name in vars(base)) for name in BOTH_WAYS}
        if others:
            return False
        methods = {name for name, value in vars(Layer).items() if isroutine(value) and name[0] != "_"}
        return all(getattr(cls, name) is getattr(owner, name) for name in methods - BEFORE_A_BATCH)

    @abstractmethod
    def joint_forward(self, x: Array, columns: slice, out: Array) -> None:
        """Some columns of y (N, K) for a whole batch x (N, D), written to ``out``."""

    @abstractmethod
    def joint_backward(self, x: Array, dy: Array, rows: slice, dW: Array, dx: Array | None) -> None:
        """Some rows of dW (D, K), and where asked for these columns of dx (N, D), for a whole batch."""

    @abstractmethod
    def set_joint_input(self, x: Array) -> None:
        """The part of the batch whose gradients ``backward_parameters`` will be called for."""
