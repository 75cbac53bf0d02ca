"""Learning-rate schedules as the body of a script's function."""

from nnlab.errors import UsageError
from nnlab.optim.schedules import Constant, Cosine, Exponential, ReduceLROnPlateau, Schedule, StepDecay, Warmup
from nnlab.registry import registered_name


def learning_rate_lines(schedule: Schedule, total: str = "ITERATIONS") -> list[str]:
    """The lines of ``learning_rate(updates)``, of ``total`` updates; none where it is constant.

    Raises UsageError for a schedule that is not one of nnlab's own.
    """
    match schedule:
        case Constant() | ReduceLROnPlateau():
            return []
        case StepDecay():
            return [f"return LR * {schedule.factor} ** (updates // {schedule.every})"]
        case Exponential():
            return [f"return LR * {schedule.decay}**updates"]
        case Cosine():
            final = schedule.final
            return [f"return LR * ({final} + (1 - {final}) * (1 + cos(pi * updates / {total})) / 2)"]
        case Warmup():
            steps = schedule.steps
            after = learning_rate_lines(schedule.after, f"({total} - {steps})")
            rest = [f"updates -= {steps}", *after] if after else ["return LR"]
            return [f"if updates < {steps}:", f"    return LR * (updates + 1) / {steps}", *rest]
    raise UsageError(f"train.schedule: {registered_name(schedule)} is not one of nnlab's own, so no script can have it")
