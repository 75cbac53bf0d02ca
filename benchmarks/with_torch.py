"""Training with PyTorch in eager mode, with the settings that its documentation recommends for CPUs.

Fused optimizers, ``inference_mode`` for evaluation, samples kept as float32 tensors, convolutions with channels last in
memory; evaluation in batches of 1,000, with convolutions of 100 (a third of the time of 1,000 there). The network
starts with the same weights as nnlab's.
"""

from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.training import Course, Train, Trained
from nnlab.config.experiment import Experiment
from nnlab.data.pipeline.batches import Batch
from nnlab.engine.run_setup import RunSetup
from nnlab.export.pytorch_modules import sequential
from nnlab.models.network import Network
from nnlab.registry import registered_name

EVALUATION_BATCH = 1000
EVALUATION_BATCH_OF_CONVOLUTIONS = 100
cross_entropy = nn.CrossEntropyLoss()
Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]
Score = Callable[[nn.Module, Tensor, Tensor], Tensor]


def loss_of(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Mean loss of a batch."""
    return cross_entropy(model(x), y)


def score_of(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Summed loss, and the number of samples that are right."""
    scores = model(x)
    return torch.stack([cross_entropy(scores, y) * len(y), (scores.argmax(1) == y).sum()])


def prepare(experiment: Experiment, loss: Loss = loss_of, score: Score = score_of, *, warm_up: bool = False) -> Train:
    """Each training starts from a copy of the same weights; ``warm_up`` compiles for each shape on another."""
    torch.set_num_threads(experiment.compute.threads)
    setup = RunSetup(experiment).allocate()
    start = module_of(setup.network)
    convolves = any(isinstance(module, nn.Conv2d) for module in start)
    if convolves:
        start = start.to(memory_format=torch.channels_last)
    evaluation_batch = EVALUATION_BATCH_OF_CONVOLUTIONS if convolves else EVALUATION_BATCH
    course = Course(experiment, setup)
    x_train, y_train = tensors(course.train, channels_last=convolves)
    test = tensors(course.test, channels_last=convolves) if course.test else None
    count, N, size = course.evaluated, course.samples, course.batch_size
    # Compiled code is of one module, which is given the start weights before each training.
    model = deepcopy(start)

    def evaluate() -> tuple[float, float]:
        """Training loss and the accuracy that counts, on the samples that nnlab evaluates."""
        model.eval()
        with torch.inference_mode():
            mean, accuracy = split(x_train[:count], y_train[:count])
            if test:
                _, accuracy = split(*test)
        model.train()
        return mean, accuracy

    def split(x: Tensor, y: Tensor) -> tuple[float, float]:
        parts = zip(x.split(evaluation_batch), y.split(evaluation_batch), strict=True)
        total, correct = (sum(score(model, xs, ys) for xs, ys in parts) / len(y)).tolist()
        return total, correct

    def run(iterations: int) -> Trained:
        torch.manual_seed(experiment.seed)
        with torch.no_grad():
            for own, first in zip(_tensors_of(model), _tensors_of(start), strict=True):
                own.copy_(first)
        optimizer = optimizer_of(experiment, model)
        mean, accuracy = 0.0, 0.0
        started = perf_counter()
        order = torch.randperm(N)
        for step in range(iterations + 1):
            if step % course.eval_every == 0 or step == iterations:
                mean, accuracy = evaluate()
            if step == iterations:
                break
            if course.full:
                x, y = x_train, y_train
            elif course.replacement:
                chosen = torch.randint(N, (size,))
                x, y = x_train[chosen], y_train[chosen]
            else:
                position = step * size % (N - N % size)
                if position == 0:
                    order = torch.randperm(N)
                chosen = order[position : position + size]
                x, y = x_train[chosen], y_train[chosen]
            optimizer.zero_grad(set_to_none=True)
            loss(model, x, y).backward()
            optimizer.step()
        return Trained(perf_counter() - started, accuracy, mean)

    if warm_up:
        run(min(3, course.iterations))
    return lambda: run(course.iterations)


def _tensors_of(model: nn.Module) -> list[Tensor]:
    return [*model.parameters(), *model.buffers()]


def module_of(network: Network) -> nn.Sequential:
    """The network in PyTorch, as nnlab exports it, with the same weights."""
    layers = sequential(zip(network.names, network.layers, strict=True))
    model: nn.Sequential = eval(layers.source(), {"nn": nn, "OrderedDict": OrderedDict})
    model.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in layers.state_dict().items()})
    return model


def optimizer_of(experiment: Experiment, model: nn.Module) -> torch.optim.Optimizer:
    """The same update rule, fused; L2 as weight decay on weights only, as in nnlab."""
    weights = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    l2 = sum(penalty.strength for penalty in experiment.penalty if registered_name(penalty) == "l2")
    groups = [{"params": weights, "weight_decay": l2}, {"params": others, "weight_decay": 0.0}]
    rule: Any = experiment.optimizer  # its name says which fields it has
    match registered_name(rule):
        case "sgd":
            return torch.optim.SGD(groups, lr=rule.lr, fused=True)
        case "momentum":
            return torch.optim.SGD(groups, lr=rule.lr, momentum=rule.momentum, fused=True)
        case "adam":
            return torch.optim.Adam(groups, lr=rule.lr, betas=(rule.beta1, rule.beta2), eps=rule.eps, fused=True)
        case name:
            raise ValueError(f"no PyTorch optimizer is written down here for {name}")


def tensors(batch: Batch, *, channels_last: bool) -> tuple[Tensor, Tensor]:
    """Samples and labels as tensors."""
    x, y = batch
    inputs = torch.from_numpy(x)
    if channels_last:
        inputs = inputs.to(memory_format=torch.channels_last)
    return inputs, torch.from_numpy(y.astype(np.int64))
