"""All rules of the doctor, in the order in which it tells what they found: causes first."""

from nnlab.insight.doctor import (
    class_balance,
    data_quality,
    divergence,
    evaluation_noise,
    generalisation,
    label_noise,
    regularisation,
    settings,
    splits,
)
from nnlab.insight.doctor.rules import Rule

RULES: tuple[Rule, ...] = (
    *divergence.RULES,
    *data_quality.RULES,
    *splits.RULES,
    *label_noise.RULES,
    *class_balance.RULES,
    *settings.RULES,
    *regularisation.RULES,
    *generalisation.RULES,
    *evaluation_noise.RULES,
)
