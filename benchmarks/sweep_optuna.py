"""The sweep of sweep_torch.py by Optuna: ``python sweep_optuna.py OUT N_JOBS LR,LR,... SEED,SEED,...``."""

import sys
from collections.abc import Sequence
from pathlib import Path

import optuna
import sweep_torch

out, jobs = Path(sys.argv[1]), int(sys.argv[2])
space: dict[str, Sequence[float]] = {
    "lr": [float(text) for text in sys.argv[3].split(",")],
    "seed": [int(text) for text in sys.argv[4].split(",")],
}


def objective(trial: optuna.Trial) -> float:
    """One trial."""
    lr, seed = (trial.suggest_categorical(name, values) for name, values in space.items())
    return sweep_torch.train(lr, seed, out / str(trial.number))


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(direction="maximize", sampler=optuna.samplers.GridSampler(space))
study.optimize(objective, n_trials=len(space["lr"]) * len(space["seed"]), n_jobs=jobs)
print(len(study.trials), study.best_value)
