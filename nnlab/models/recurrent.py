"""Recurrent networks."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Le

from nnlab.core.arrays import Shape
from nnlab.core.initialisers import Glorot, Initialiser, Orthogonal
from nnlab.errors import ShapeError
from nnlab.hyperparameters import Component, Doc
from nnlab.layers.base import Layer
from nnlab.layers.concat import Concat
from nnlab.layers.dropout import MAX_RATE, Dropout
from nnlab.layers.embedding import Embedding
from nnlab.layers.gru import GRU
from nnlab.layers.linear import Linear
from nnlab.layers.lstm import LSTM
from nnlab.layers.reshape import ImageRows
from nnlab.layers.rnn import RNN
from nnlab.layers.sequence import LastStep, Reverse
from nnlab.models.base import Model
from nnlab.registry import models

CELLS: dict[str, type[RNN | LSTM | GRU]] = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


@models.register("recurrent")
@dataclass(kw_only=True)
class Recurrent(Model):
    """Recurrent layers and a linear layer, for sequences (T, D), tokens (T,), or images, which are read row by row.

    With one target a sample the linear layer sees the last step, with a target at each step it acts on every step.
    Source: Mikolov et al. 2010, Interspeech; "Deep Learning from Scratch 2", chapters 5 and 6.
    """

    cell: Annotated[Literal["rnn", "lstm", "gru"], Doc("kind of the recurrent layers")] = "lstm"
    units: Annotated[int, Ge(1), Le(10**6), Doc("size of the state of each recurrent layer")] = 64
    layers: Annotated[int, Ge(1), Le(100), Doc("number of recurrent layers, each on the states of the one before")] = 1
    bidirectional: Annotated[
        bool, Doc("a second recurrent layer beside each one, which runs from the last step to the first")
    ] = False
    embedding: Annotated[int | None, Ge(1), Le(10**6), Doc("size of a token's vector; null: no tokens")] = None
    tokens: Annotated[int | None, Ge(1), Le(2**24), Doc("number of different tokens; null: as many as outputs")] = None
    dropout: Annotated[float, Ge(0), Le(MAX_RATE), Doc("fraction of each recurrent layer's outputs set to zero")] = 0.0
    init: Annotated[Initialiser, Component("initialiser"), Doc("initialiser of Wx and of the linear layer")] = field(
        default_factory=Glorot
    )
    recurrent_init: Annotated[Initialiser, Component("initialiser"), Doc("initialiser of Wh")] = field(
        default_factory=Orthogonal
    )

    def stack(self, in_shape: Shape, out_shape: Shape) -> list[Layer]:
        """embedding or image_rows, where needed; recurrent layers with dropout; last_step, where needed; linear."""
        stack = self._sequences(in_shape, out_shape[-1])
        last = len(out_shape) == 1
        for number in range(1, self.layers + 1):
            stack += self._recurrent(only_last=last and number == self.layers)
            if self.dropout > 0:
                stack.append(Dropout(rate=self.dropout))
        return [*stack, Linear(units=out_shape[-1], init=self.init)]

    def _sequences(self, in_shape: Shape, outputs: int) -> list[Layer]:
        """What turns a sample into a sequence of vectors."""
        if self.embedding is not None:
            if len(in_shape) != 1:
                raise ShapeError("model.embedding: these samples are no tokens; leave it out")
            return [Embedding(tokens=self.tokens or outputs, units=self.embedding)]
        if len(in_shape) == 1:
            raise ShapeError(
                "model: recurrent needs sequences, but these samples are flat; for tokens set model.embedding: 32"
            )
        return [ImageRows()] if len(in_shape) == 3 else []

    def _recurrent(self, *, only_last: bool) -> list[Layer]:
        """One layer, or one in each direction side by side, each of which ends at its own last step."""
        end: list[Layer] = [LastStep()] if only_last else []
        if not self.bidirectional:
            return [self._cell(), *end]
        backwards: list[Layer] = [Reverse(), self._cell(), *(end or [Reverse()])]
        return [Concat(branches=[[self._cell(), *end], backwards], axis="last")]

    def _cell(self) -> Layer:
        return CELLS[self.cell](units=self.units, init=self.init, recurrent_init=self.recurrent_init)
