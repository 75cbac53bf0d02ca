"""A cause is reported with what follows from it; advice is limited, and no reason for exit code 1."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import nnlab
from nnlab.insight.doctor.case import Case, Unavailable
from nnlab.insight.doctor.diagnose import MOST_ADVICE, diagnose
from nnlab.insight.doctor.rules import Rule, Symptom
from nnlab.insight.finding import Severity


def rule(name: str, *explains: str, severity: Severity = "problem", needs: tuple[str, ...] = ()) -> Rule:
    """A rule that finds itself in every run."""

    def find(case: Case) -> Iterator[Symptom]:
        yield Symptom(f"{name} it is.", "1 of 1", {"one": 1}, "nnlab train x", severity)

    return Rule(name, find, why="So.", source="", needs=needs, explains=frozenset(explains))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    spec = {
        "data": "xor",
        "model": "softmax",
        "optimizer": {"name": "sgd", "lr": 0.1},
        "train": {"iterations": 2, "pictures": False},
    }
    path = tmp_path / "spec.yaml"
    path.write_text(json.dumps(spec), encoding="utf-8")
    return Case(nnlab.run(path, tmp_path / "runs").path)


def test_a_chain_of_causes_is_reported_with_its_root(case: Case) -> None:
    found = diagnose(case, [rule("a", "b"), rule("b", "c"), rule("c"), rule("d")])
    assert [finding.name for finding in found.findings] == ["a", "d"]
    assert [finding.name for finding in found.consequences["a"]] == ["b", "c"]
    assert found.as_text().splitlines()[:5] == [
        "a it is.",
        "  number  1 of 1",
        "  why     So. (docs/doctor.md#a)",
        "  so      b it is.",
        "  so      c it is.",
    ]
    assert case.explained == {"b", "c"}


def test_advice_explains_nothing_and_comes_last(case: Case) -> None:
    advice = [rule(f"advice{number}", "c", severity="advice") for number in range(MOST_ADVICE + 1)]
    found = diagnose(case, [*advice, rule("c")])
    assert [finding.name for finding in found.findings] == ["c", "advice0", "advice1", "advice2"]
    assert found.problems == 1
    assert not diagnose(case, advice).problems


def test_a_rule_without_what_it_needs_is_listed_with_the_reason(case: Case) -> None:
    found = diagnose(case, [rule("a", needs=("statistics",)), rule("b", severity="advice")])
    assert found.checked == 1
    assert found.missing == {"the run was trained without train.diagnostics": ("a",)}
    with pytest.raises(Unavailable):
        _ = case.statistics


def test_a_run_without_problems_has_a_clean_bill(case: Case) -> None:
    found = diagnose(case, [])
    assert found.as_text().startswith("No problem found: Run spec: train accuracy ")
    assert ", 2 steps, completed; 0 rules checked." in found.as_text()
    assert found.as_json()["findings"] == []


def test_what_the_cause_says_already_is_not_repeated_below_it(case: Case) -> None:
    found = diagnose(case, [rule("diverged: A", "a", "b"), rule("a"), rule("b")])
    assert [finding.name for finding in found.consequences["diverged: A"]] == ["a", "b"]
    assert [text for text in found.as_text().splitlines() if text.startswith("  so ")] == ["  so      b it is."]
