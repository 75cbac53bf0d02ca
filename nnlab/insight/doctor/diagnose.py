"""From a run to what is wrong with it: rules are applied, and what a finding explains is reported with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from threadpoolctl import threadpool_limits

from nnlab.html import block, line
from nnlab.inference.trained_network import HasPath
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.rules import Rule
from nnlab.insight.doctor.table import RULES
from nnlab.insight.finding import Finding, problems
from nnlab.records.reader import RunRecord
from nnlab.records.result_line import short_line

MOST_ADVICE = 3


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What the rules found in a run, causes first; ``consequences`` are the findings that each of them explains.

    ``checked`` rules were applied; ``missing`` says why others were not: the names of the rules by the reason.
    """

    record: RunRecord
    findings: tuple[Finding, ...]
    consequences: Mapping[str, tuple[Finding, ...]]
    checked: int
    missing: Mapping[str, tuple[str, ...]]
    hints: tuple[str, ...] = ()

    @property
    def problems(self) -> int:
        """How many of the findings are problems."""
        return problems(self.findings)

    @property
    def clean_bill(self) -> str:
        """The summary of a run without problems."""
        record = self.record
        steps = max(int(record.summary["steps"]), int((record.final or {}).get("step") or 0))
        return f"No problem found: {short_line(record.name, record.status, record.final, steps)}; {self._checked}."

    @property
    def _checked(self) -> str:
        return f"{self.checked} rule{'s' * (self.checked != 1)} checked"

    def as_text(self) -> str:
        """Each finding with its number, reason and command, consequences below their cause; what was not checked."""
        parts = [] if self.problems else [self.clean_bill]
        for finding in self.findings:
            explained = [
                f"  {'so':<8}{other.sentence}"
                for other in self.consequences.get(finding.name, ())
                if not finding.sentence.casefold().endswith(other.sentence.casefold())  # the cause says it already
            ]
            advice = "" if finding.severity == "problem" else "Advice: "
            head, *rest = (advice + finding.as_text()).split("\n")
            before_command = len(rest) - bool(finding.command)
            parts.append("\n".join([head, *rest[:before_command], *explained, *rest[before_command:]]))
        notes = [
            *(f"not checked: {', '.join(names)} ({reason})" for reason, names in self.missing.items()),
            *self.hints,
        ]
        return "\n\n".join([*parts, *(["\n".join(notes)] if notes else [])])

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return {
            "run": str(self.record.path),
            "status": self.record.status,
            "problems": self.problems,
            "checked": self.checked,
            "findings": [
                {
                    **finding.as_json(),
                    "explains": [other.as_json() for other in self.consequences.get(finding.name, ())],
                }
                for finding in self.findings
            ],
            "missing": {reason: list(names) for reason, names in self.missing.items()},
            "hints": list(self.hints),
        }

    def __repr__(self) -> str:
        return self.as_text()

    def _repr_html_(self) -> str:
        return block(*(line(text) for text in self.as_text().split("\n") if text))


def doctor(run: "Path | str | HasPath", data: Path | str | None = None) -> Diagnosis:
    """What is wrong with a run, each finding with its numbers, the reason, and the command to try.

    ``run`` is a folder, what ``run()`` returned, or a record; ``data`` is the file or folder of its data, where that
    was moved. Raises RunError for a folder that is not a run's, UsageError for data that is not there.
    """
    path = Path(run) if isinstance(run, Path | str) else run.path
    return diagnose(Case(path, None if data is None else Path(data)))


def diagnose(case: Case, rules: Sequence[Rule] = RULES) -> Diagnosis:
    """Apply rules to a run; with one thread, since two on a busy machine take several times as long."""
    found: list[Finding] = []
    missing: dict[str, list[str]] = {}
    checked = 0
    for rule in rules:
        reason = next(filter(None, map(case.lacks, rule.needs)), "")
        if reason:
            missing.setdefault(reason, []).append(rule.name)
            continue
        checked += 1
        with threadpool_limits(1):
            new = rule.findings(case)
        if problems(new):
            case.explained |= rule.explains
        found += new
    shown, consequences = _with_consequences(found, {rule.name: rule.explains for rule in rules})
    advice = [finding for finding in shown if finding.severity == "advice"]
    told = [finding for finding in shown if finding not in advice[MOST_ADVICE:]]
    return Diagnosis(
        record=case.record,
        findings=tuple(sorted(told, key=lambda finding: finding.severity != "problem")),
        consequences=consequences,
        checked=checked,
        missing={reason: tuple(names) for reason, names in missing.items()},
        hints=tuple(_hints(case)),
    )


def _with_consequences(
    found: Sequence[Finding], explains: Mapping[str, frozenset[str]]
) -> tuple[list[Finding], dict[str, tuple[Finding, ...]]]:
    """The findings that no other one explains, and by their names those that they explain; problems explain only."""
    causes: dict[str, str] = {}
    for cause in found:
        if cause.severity == "problem":
            root = causes.get(cause.name, cause.name)
            for name in explains[cause.name] - {root}:
                causes.setdefault(name, root)
    consequences: dict[str, list[Finding]] = {}
    for finding in found:
        if finding.name in causes:
            consequences.setdefault(causes[finding.name], []).append(finding)
    shown = [finding for finding in found if finding.name not in causes]
    return shown, {name: tuple(others) for name, others in consequences.items()}


def _hints(case: Case) -> list[str]:
    """What would make the diagnosis of a run more certain."""
    hints = []
    if case.lacks("dataset"):
        hints.append(f"if the data was moved: nnlab doctor {quote(case.path.as_posix())} --data PATH")
    if case.lacks("statistics") and case.record.status != "running":
        changes = case.retry("train.diagnostics=true")
        hints.append(f"to record the gradients and updates of the whole training: {changes}")
    return hints
