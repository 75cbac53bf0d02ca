"""Each planted fault is found by the check that docs/sanity.md names; healthy counterparts pass all checks."""

import json
from pathlib import Path

import pytest
from planted_faults import CLUSTERS, FAULTS, HEALTHY, Fault, dataset

from nnlab.errors import UsageError
from nnlab.insight.sanity import CHECKS, chosen_checks

pytestmark = pytest.mark.usefixtures("own_registries")


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.insight.sanity.overfit.STEPS", 500)
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


def test_a_penalty_that_hides_the_loss_is_advice(tmp_path: Path) -> None:
    report = Fault({"penalty": {"l2": 100.0}}).report(tmp_path, only=["penalties"])
    assert report.passed
    assert [finding.name for finding in report.findings] == ["penalty_outweighs_loss"]


def test_labels_without_relation_are_advice_where_samples_are_few(tmp_path: Path) -> None:
    few = FAULTS["labels shuffled against the inputs"]
    report = Fault({**few.changes, "data": {"name": "planted", "train_size": 300}}, few.plugin).report(
        tmp_path, only=["permuted_labels"]
    )
    assert report.passed
    assert [finding.severity for finding in report.findings] == ["advice"]


def test_few_values_repeat_in_held_out_samples_by_nature(tmp_path: Path) -> None:
    plugin = dataset("        x = (x > 0).astype(float)")
    report = Fault({"data": CLUSTERS}, plugin).report(tmp_path, only=["inputs"])
    assert report.passed, report


def test_report_as_text_html_and_json_agree(tmp_path: Path) -> None:
    report = FAULTS["softmax twice"].report(tmp_path, only=["initial_loss", "labels"])
    assert repr(report).splitlines()[-1] == "planted: 1 of 2 checks failed: initial_loss"
    assert "The network ends with a softmax" in report._repr_html_()
    assert json.loads(json.dumps(report.as_json()))["failed"] == ["initial_loss"]
    assert not report.passed
