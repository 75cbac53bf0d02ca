"""Each planted fault is found by the check that docs/sanity.md names; healthy counterparts pass all checks."""

from pathlib import Path

import pytest
from planted_faults import FAULTS, HEALTHY

from nnlab.errors import UsageError
from nnlab.insight.sanity import CHECKS, chosen_checks

pytestmark = pytest.mark.usefixtures("own_registries")


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_found(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    report = fault.report(tmp_path, only=sorted(fault.found_by))
    assert set(report.failed) == fault.found_by
    for finding in report.findings:
        assert finding.page.startswith("docs/sanity.md#")
        assert finding.evidence
        assert finding.why


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_counterpart_passes(name: str, tmp_path: Path) -> None:
    report = HEALTHY[name].report(tmp_path)
    assert report.passed, report
    assert len(report.results) == len(CHECKS)


def test_checks_keep_their_order_and_can_be_chosen() -> None:
    assert chosen_checks([], []) == list(CHECKS)
    assert chosen_checks(["overfit", "labels"], []) == ["labels", "overfit"]
    assert "cost" not in chosen_checks([], ["cost"])


@pytest.mark.parametrize(
    ("only", "skip", "message"), [(["overft"], [], "did you mean 'overfit'"), (["cost"], ["cost"], "no check")]
)
def test_unknown_checks_are_refused(only: list[str], skip: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        chosen_checks(only, skip)
