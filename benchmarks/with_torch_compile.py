"""Training with ``torch.compile``: forward pass and loss as one graph, backward as another, evaluation as a third.

With static shapes and the C++ wrapper, which calls the kernels without Python in between. Compilation is left out of
the time: three steps on a copy of the weights come before. It needs a C++ compiler; the optimizer stays PyTorch's fused
kernel, which compiled code does not beat.
"""

import torch

from benchmarks import with_torch
from benchmarks.training import Train
from nnlab.config.experiment import Experiment


def prepare(experiment: Experiment, *, cpp_wrapper: bool = True) -> Train:
    """Compile, each graph for the shapes of this workload."""
    options = {"cpp_wrapper": cpp_wrapper}
    loss = torch.compile(with_torch.loss_of, dynamic=False, options=options)
    score = torch.compile(with_torch.score_of, dynamic=False, options=options)
    return with_torch.prepare(experiment, loss, score, warm_up=True)
