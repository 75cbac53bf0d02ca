"""What the checks of a spec found: a line for each, and a finding for each thing that is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nnlab.html import block, line, table
from nnlab.insight.finding import Finding, Severity, problems

Status = Literal["ok", "failed", "skipped"]

PAGE = "docs/sanity.md"


@dataclass(frozen=True)
class Verdict:
    """The result of one check: ``checked`` is what was measured against what was expected, or why it was skipped."""

    checked: str
    findings: tuple[Finding, ...] = ()
    skipped: bool = False


@dataclass(frozen=True)
class CheckResult:
    """A verdict with the name of its check."""

    name: str
    verdict: Verdict

    @property
    def status(self) -> Status:
        """failed where a finding is a problem; advice fails nothing."""
        if problems(self.verdict.findings):
            return "failed"
        return "skipped" if self.verdict.skipped else "ok"

    def as_json(self) -> dict[str, object]:
        """Its fields as plain values."""
        findings = [finding.as_json() for finding in self.verdict.findings]
        return {"name": self.name, "status": self.status, "checked": self.verdict.checked, "findings": findings}

    def as_text(self) -> str:
        """One line: status, name, what was checked."""
        status = {"ok": "ok", "failed": "FAILED", "skipped": "skipped"}[self.status]
        return f"{status:<8} {self.name:<16} {self.verdict.checked}"


@dataclass(frozen=True, repr=False)
class SanityReport:
    """The checks of one spec in order."""

    name: str
    results: tuple[CheckResult, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the checks that failed."""
        return tuple(result.name for result in self.results if result.status == "failed")

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.failed

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, and advice, in the order of the checks."""
        return tuple(finding for result in self.results for finding in result.verdict.findings)

    def summary(self) -> str:
        """One line: how many checks failed, or how many are ok and skipped."""
        count = len(self.results)
        if self.failed:
            return f"{self.name}: {len(self.failed)} of {_checks(count)} failed: {', '.join(self.failed)}"
        skipped = sum(result.status == "skipped" for result in self.results)
        return f"{self.name}: {_checks(count - skipped)} ok" + (f", {skipped} skipped" if skipped else "")

    def as_json(self) -> dict[str, object]:
        """Its fields as plain values."""
        return {
            "name": self.name,
            "passed": self.passed,
            "failed": list(self.failed),
            "checks": [result.as_json() for result in self.results],
        }

    def __repr__(self) -> str:
        lines = [result.as_text() for result in self.results]
        return "\n".join([*lines, *(f"\n{finding.as_text()}" for finding in self.findings), "", self.summary()])

    def _repr_html_(self) -> str:
        """The checks as a table, then the findings."""
        rows = [(result.status, result.name, result.verdict.checked) for result in self.results]
        findings = [line(text) for finding in self.findings for text in finding.as_text().splitlines()]
        return block(table(("", "check", "measured"), rows), *findings, line(self.summary()))


def found(
    name: str,
    sentence: str,
    evidence: str,
    why: str,
    *,
    numbers: Mapping[str, float | int | str],
    section: str,
    command: str = "",
    severity: Severity = "problem",
) -> Finding:
    """A finding of a check; ``section`` is the heading of docs/sanity.md that explains it."""
    return Finding(name, severity, sentence, evidence, numbers, why, f"{PAGE}#{section}", command)


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first few of some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _checks(count: int) -> str:
    return f"{count} check{'s' * (count != 1)}"
