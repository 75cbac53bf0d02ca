"""Training with PyTorch in eager mode, with the settings that its documentation recommends for CPUs.

Fused optimizers, ``inference_mode`` for evaluation, samples kept as float32 tensors, convolutions with channels last in
memory; evaluation in batches of 1,000, with convolutions of 100 (a third of the time of 1,000 there). The network
starts with the same weights as nnlab's.
"""

from collections import OrderedDict
from time import perf_counter

import numpy as np
import torch
from torch import nn

from benchmarks.workloads import evaluated_training_samples
from nnlab.config.experiment import Experiment
from nnlab.data.dataset import Split
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.engine.run_setup import RunSetup
from nnlab.export.pytorch_modules import sequential
from nnlab.models.network import Network
from nnlab.registry import registered_name

EVALUATION_BATCH = 1000
EVALUATION_BATCH_OF_CONVOLUTIONS = 100


def train(experiment: Experiment) -> tuple[float, float]:
    """Seconds of the training loop with evaluations, and the final accuracy."""
    torch.set_num_threads(experiment.compute.threads)
    torch.manual_seed(experiment.seed)
    setup = RunSetup(experiment).allocate()
    model = module_of(setup.network)
    convolves = any(isinstance(module, nn.Conv2d) for module in model)
    if convolves:
        model = model.to(memory_format=torch.channels_last)
    evaluation_batch = EVALUATION_BATCH_OF_CONVOLUTIONS if convolves else EVALUATION_BATCH
    optimizer = optimizer_of(experiment, model)
    x_train, y_train = tensors(setup.dataset.train, channels_last=convolves)
    test = tensors(setup.dataset.test, channels_last=convolves) if setup.dataset.test else None
    cross_entropy = nn.CrossEntropyLoss()
    N, size = len(x_train), setup.batches.batch_size
    full = size == N
    count = evaluated_training_samples(experiment, N, size)
    accuracy = 0.0
    started = perf_counter()
    order = torch.randperm(N)
    for step in range(setup.iterations + 1):
        if step % setup.eval_every == 0 or step == setup.iterations:
            accuracy = evaluate(model, cross_entropy, (x_train[:count], y_train[:count]), test, evaluation_batch)
        if step == setup.iterations:
            break
        if full:
            x, y = x_train, y_train
        elif experiment.train.sampling == "replacement":
            chosen = torch.randint(N, (size,))
            x, y = x_train[chosen], y_train[chosen]
        else:
            position = step * size % (N - N % size)
            if position == 0:
                order = torch.randperm(N)
            chosen = order[position : position + size]
            x, y = x_train[chosen], y_train[chosen]
        optimizer.zero_grad(set_to_none=True)
        cross_entropy(model(x), y).backward()
        optimizer.step()
    return perf_counter() - started, accuracy


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
    rule = experiment.optimizer
    match registered_name(rule):
        case "sgd":
            return torch.optim.SGD(groups, lr=rule.lr, fused=True)
        case "momentum":
            return torch.optim.SGD(groups, lr=rule.lr, momentum=rule.momentum, fused=True)
        case "adam":
            return torch.optim.Adam(groups, lr=rule.lr, betas=(rule.beta1, rule.beta2), eps=rule.eps, fused=True)
        case name:
            raise ValueError(f"no PyTorch optimizer is written down here for {name}")


def tensors(split: Split, *, channels_last: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """All samples as float32, scaled like nnlab's, and labels."""
    x, y = BatchLoader(split, np.float32).everything()
    inputs = torch.from_numpy(np.ascontiguousarray(x))
    if channels_last:
        inputs = inputs.to(memory_format=torch.channels_last)
    return inputs, torch.from_numpy(np.ascontiguousarray(y, np.int64))


def evaluate(
    model: nn.Module,
    loss: nn.Module,
    train: tuple[torch.Tensor, torch.Tensor],
    test: tuple[torch.Tensor, torch.Tensor] | None,
    batch: int,
) -> float:
    """Loss and accuracy on the samples that nnlab evaluates; returns the test accuracy, if any."""
    model.eval()
    with torch.inference_mode():
        accuracy = score(model, loss, *train, batch)
        if test:
            accuracy = score(model, loss, *test, batch)
    model.train()
    return accuracy


def score(model: nn.Module, loss: nn.Module, x: torch.Tensor, y: torch.Tensor, batch: int) -> float:
    """Accuracy, also computing the mean loss as nnlab does."""
    correct, total = 0, 0.0
    for xs, ys in zip(x.split(batch), y.split(batch), strict=True):
        scores = model(xs)
        total += loss(scores, ys).item() * len(ys)
        correct += int((scores.argmax(1) == ys).sum())
    return correct / len(y)
