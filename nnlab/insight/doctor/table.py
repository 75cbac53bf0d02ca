"""All rules of the doctor, in the order of its reports: causes first."""

from nnlab.insight.doctor import (
    class_balance,
    data_quality,
    divergence,
    evaluation_noise,
    generalisation,
    gradient_flow,
    improvement,
    initial_loss,
    label_noise,
    learning_rate,
    regularisation,
    settings,
    splits,
    units,
)
from nnlab.insight.doctor.rules import Rule

RULES: tuple[Rule, ...] = (
    *divergence.RULES,
    *data_quality.RULES,
    *settings.RULES,
    *regularisation.RULES,
    *initial_loss.RULES,
    *gradient_flow.RULES,
    *learning_rate.RULES,
    *units.RULES,
    *splits.RULES,
    *label_noise.RULES,
    *class_balance.RULES,
    *improvement.RULES,
    *generalisation.RULES,
    *evaluation_noise.RULES,
)
