"""What the doctor looks for, in the order of its reports: causes before their consequences."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from nnlab.insight.doctor.case import Case
from nnlab.insight.finding import Finding, Severity

PAGE = "docs/doctor.md"

Numbers = dict[str, float | int | str]
"""The numbers of a finding by their names."""

LITTLE_LEARNED = frozenset(
    {"loss_at_chance", "class_imbalance", "underfitting", "overfitting", "still_improving", "evaluation_noise"}
)
"""Rules that say of a run that was ill in another way only how little it learned."""

ILL_TRAINING = LITTLE_LEARNED | {
    "learning_rate_too_high",
    "learning_rate_too_low",
    "exploding_gradients",
    "vanishing_gradients",
    "dead_relus",
    "saturated_units",
}
"""Those, and rules on updates, gradients and units: consequences of bad inputs, initial weights or regularisation."""


@dataclass(frozen=True)
class Symptom:
    """What a rule found in a run; see :class:`~nnlab.insight.finding.Finding`, whose other fields the rule has."""

    sentence: str
    evidence: str
    numbers: Mapping[str, float | int | str]
    command: str
    severity: Severity = "problem"


@dataclass(frozen=True)
class Rule:
    """One thing that may be wrong with a run.

    ``find`` yields what it found; it may use the views of a case that ``needs`` names, and any other after
    :meth:`Case.lacks`. ``why`` explains it in a sentence or two, ``source`` is a paper or course notes. What the rules
    in ``explains`` find is a consequence of it, and is reported with it.
    """

    name: str
    find: Callable[[Case], Iterable[Symptom]]
    why: str
    source: str
    needs: tuple[str, ...] = ()
    explains: frozenset[str] = field(default=frozenset())

    @property
    def page(self) -> str:
        """Its section of the docs."""
        return f"{PAGE}#{self.name.replace('_', '-')}"

    def findings(self, case: Case) -> list[Finding]:
        """What it found in a run."""
        return [
            Finding(
                name=self.name,
                severity=symptom.severity,
                sentence=symptom.sentence,
                evidence=symptom.evidence,
                numbers=symptom.numbers,
                why=self.why,
                page=self.page,
                command=symptom.command,
            )
            for symptom in self.find(case)
        ]
