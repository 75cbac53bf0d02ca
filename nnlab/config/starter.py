"""The spec of ``nnlab init``: that of the bundled config adam, every key with a comment."""

import re
from collections.abc import Sequence
from shlex import quote
from textwrap import wrap

from nnlab.registry import REGISTRIES
from nnlab.text import one_line

_COLUMNS = 110

_SPEC = """\
# What accuracy does a small sigmoid network reach on MNIST with Adam in 1,000 steps?

# This is a spec: one experiment in YAML. The first line is its question, which reports print: write your own.
# Change a value here, or for one training: nnlab train FILE -s optimizer.lr=0.001
# Compare values: nnlab sweep FILE -s optimizer.lr=0.1,0.01,0.001
# Explain a kind or a component: nnlab list optimizer, nnlab list adam

# name: my_network            # of the run folders; without this line the name of the file
seed: 0                       # the same seed gives the same numbers, another one another network
dtype: float32                # floating-point precision: float32 or float64
rng: streams                  # random numbers: one stream per purpose; legacy: a single one, as in published scripts

# The samples. <dataset>
data:
  name: mnist                 # 60,000 training and 10,000 test images of digits, 28x28
  # train_size: 5000          # only the first 5,000 training samples
  # validation: 0.1           # hold out 10 % of the training samples; early stopping and sweeps choose by them
  # augment: [{name: shift}]  # change the training images at random. <augmentation>

# The network. <model>
model:
  name: mlp                   # linear layers, with an activation after each but the last
  hidden: [40, 20]            # units of each hidden layer; [] for none, [100, 100, 100] for three
  activation: sigmoid         # <activation>
  init: 0.01                  # initial weights: a standard deviation, or a name. <initialiser>
  batch_norm: false           # true: batch normalisation between linear layer and activation
  dropout: 0.0                # fraction of the hidden outputs set to zero while training, such as 0.2

# What training minimises. <loss>
loss: cross_entropy

# What evaluations measure besides the loss; the first one picks the best evaluation. <metric>
# metrics: [accuracy, {name: top_k, k: 3}, f1]

# The update rule. <optimizer>
optimizer:
  name: adam
  lr: 0.01                    # learning rate: too large diverges, too small learns nothing; try factors of 10

# Regularisation strength λ of each penalty on the weights, such as l2: 1e-4.
penalty: {l1: 0.0, l2: 0.0}

train:
  iterations: 1000            # number of steps, one update each; or epochs: 5, passes through the training samples
  batch_size: 100             # samples of each step; full: all of them
  sampling: replacement       # each batch drawn with replacement; shuffle: a new permutation each epoch
  eval_every: 10              # steps between evaluations, or epoch
  eval_train: 1000            # evaluate on the first 1,000 training samples; all, or batch: the last mini-batch
  schedule: constant          # of the learning rate. <schedule>
  # accumulate: 4             # 4 mini-batches per update: the gradient of a batch of 400 in the memory of 100
  # clip_norm: 5.0            # clip the global gradient norm to 5
  # ema: 0.99                 # evaluate and save a moving average of the weights
  # early_stopping: true      # stop when a metric no longer improves; needs data.validation
  # diagnostics: true         # record gradients and activations of each layer, and plot them
  # snapshots: 20             # keep 20 sets of weights, for nnlab plot --animate
  # pictures: false           # draw none when the training has ended
  # tensorboard: true         # write event files for TensorBoard while training (extra tensorboard)

# nnlab train FILE --dry-run checks this file; nnlab show FILE prints every key with its value.
"""


def starter_spec(file: str) -> str:
    """The commented spec for a file of this name; the names of components come from their registries."""
    name = quote(one_line(file, 200))
    return "".join(f"{part}\n" for line in _SPEC.splitlines() for part in _filled(line.replace("FILE", name)))


def _filled(line: str) -> Sequence[str]:
    """A line with the names of a kind in place of ``<kind>``, its comment wrapped under its beginning."""
    code, kind, _ = re.split("<([a-z]+)>$", line) if line.endswith(">") else (line, "", "")
    if not kind:
        return [line]
    registry = REGISTRIES[kind]
    text = ", ".join(registry.names())
    column = code.rindex("# ")
    comment = code[column + 2 :]
    filled = f"{comment}{'There are ' if comment else ''}{text}{'.' if comment else ''}"
    start, following = code[:column] + "# ", " " * column + "# "
    width = max(_COLUMNS, column + 60)
    return wrap(filled, width, initial_indent=start, subsequent_indent=following, break_long_words=False)
