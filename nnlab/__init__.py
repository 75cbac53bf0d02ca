"""nnlab: an experiment runner for neural networks written by hand in NumPy.

From Python: ``run("adam", overrides={"optimizer.lr": 0.1})`` trains, ``cross_validate(spec, folds)`` trains once per
fold, ``sweep(spec, {"optimizer.lr": [0.1, 0.01]})`` once for each value. ``compare([a, b])`` compares runs.
``read_run(folder)`` and ``read_sweep(folder)`` read the records, ``predict(run, x)`` classifies raw samples,
``evaluate(run, x, y)`` measures on them, ``trained_network(run)`` loads the network with its weights.
``doctor(run)`` says what went wrong in a training, and what to try.
``load_experiment(spec)`` reads and checks a spec, ``sanity(spec)`` checks data, network and first steps of it,
``load_plugin(file)`` adds components of your own.
``numerical_gradient(f, x)`` is the gradient of any function from its values, ``check_gradient(forward, backward)``
compares hand-written gradients with it, ``run_descent(spec)`` minimises a test function.
``learning_rate_test(spec)`` suggests a learning rate, ``loss_landscape(run)`` shows the loss around its weights,
``trace(spec)`` lays one training step open. Nothing heavy is imported before one of these names is used, so that
``nnlab --help`` starts at once.
"""

import os
import sys
from importlib import import_module

TYPE_CHECKING = False  # the name that type checkers know; typing takes a third of the time to the first Ctrl-C handler

if TYPE_CHECKING:
    from typing import Any

    from nnlab.config.descent import load_descent
    from nnlab.config.loading import load_experiment
    from nnlab.core.numerical import numerical_gradient, numerical_gradient_batch
    from nnlab.descent.run import run_descent
    from nnlab.figures.compared_runs import compare
    from nnlab.gradcheck.api import check_gradient
    from nnlab.inference.evaluation import evaluate
    from nnlab.inference.trained_network import predict, trained_network
    from nnlab.insight.doctor.diagnose import doctor
    from nnlab.insight.landscape.loss_landscape import loss_landscape
    from nnlab.insight.range_test.learning_rate_test import learning_rate_test
    from nnlab.insight.sanity.api import sanity
    from nnlab.insight.trace.tracing import trace
    from nnlab.plugins.loading import load_plugin
    from nnlab.sweeps.api import sweep
    from nnlab.sweeps.sweep_result import read_sweep
    from nnlab.train.crossval import cross_validate
    from nnlab.train.run import run
    from nnlab.train.trained_run import read_run

__all__ = [
    "__version__",
    "check_gradient",
    "compare",
    "cross_validate",
    "doctor",
    "evaluate",
    "learning_rate_test",
    "load_descent",
    "load_experiment",
    "load_plugin",
    "loss_landscape",
    "numerical_gradient",
    "numerical_gradient_batch",
    "predict",
    "read_run",
    "read_sweep",
    "run",
    "run_descent",
    "sanity",
    "sweep",
    "trace",
    "trained_network",
]

__version__ = "0.2.0"

if sys.platform == "darwin":
    # One thread for each matrix product. Accelerate reads this when NumPy is imported; threadpoolctl cannot limit it.
    os.environ.setdefault("VECLIB_MAXIMUM_THREADS", "1")

_HOMES = {
    "check_gradient": "nnlab.gradcheck.api",
    "compare": "nnlab.figures.compared_runs",
    "cross_validate": "nnlab.train.crossval",
    "doctor": "nnlab.insight.doctor.diagnose",
    "evaluate": "nnlab.inference.evaluation",
    "learning_rate_test": "nnlab.insight.range_test.learning_rate_test",
    "load_descent": "nnlab.config.descent",
    "load_experiment": "nnlab.config.loading",
    "load_plugin": "nnlab.plugins.loading",
    "loss_landscape": "nnlab.insight.landscape.loss_landscape",
    "numerical_gradient": "nnlab.core.numerical",
    "numerical_gradient_batch": "nnlab.core.numerical",
    "predict": "nnlab.inference.trained_network",
    "read_run": "nnlab.train.trained_run",
    "read_sweep": "nnlab.sweeps.sweep_result",
    "run": "nnlab.train.run",
    "run_descent": "nnlab.descent.run",
    "sanity": "nnlab.insight.sanity.api",
    "sweep": "nnlab.sweeps.api",
    "trace": "nnlab.insight.trace.tracing",
    "trained_network": "nnlab.inference.trained_network",
}


def __getattr__(name: str) -> "Any":
    """Import a public name from its home when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
