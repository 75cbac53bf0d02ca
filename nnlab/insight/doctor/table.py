"""All rules of the doctor, in the order in which it tells what they found: causes first."""

from nnlab.insight.doctor import divergence
from nnlab.insight.doctor.rules import Rule

RULES: tuple[Rule, ...] = (*divergence.RULES,)
