"""Findings as text and as JSON."""

import json

from nnlab.insight.finding import Finding, problems

DEAD = Finding(
    name="dead_relus",
    severity="problem",
    sentence="60 % of the units of relu_1 output 0 for every sample.",
    evidence="dead share 0.60 at step 1000, above 0.40",
    numbers={"dead_share": 0.6, "step": 1000, "layer": "relu_1"},
    why="A ReLU with a negative input has gradient 0.",
    page="docs/doctor.md#dead-relus",
    command="nnlab train configs/adam.yaml -s optimizer.lr=0.001",
)


def test_text_has_sentence_number_reason_and_command() -> None:
    assert DEAD.as_text().splitlines() == [
        "60 % of the units of relu_1 output 0 for every sample.",
        "  number  dead share 0.60 at step 1000, above 0.40",
        "  why     A ReLU with a negative input has gradient 0. (docs/doctor.md#dead-relus)",
        "  try     nnlab train configs/adam.yaml -s optimizer.lr=0.001",
    ]


def test_text_of_a_finding_without_a_command_ends_with_the_reason() -> None:
    finding = Finding(**{**vars(DEAD), "command": ""})
    assert finding.as_text().splitlines()[-1].startswith("  why ")


def test_json_has_every_field_as_a_plain_value() -> None:
    assert json.loads(json.dumps(DEAD.as_json())) == {**vars(DEAD), "numbers": dict(DEAD.numbers)}


def test_json_has_no_numbers_that_are_not_finite() -> None:
    finding = Finding(**{**vars(DEAD), "numbers": {"loss": float("nan"), "ratio": float("-inf"), "step": 3}})
    assert json.loads(json.dumps(finding.as_json(), allow_nan=False))["numbers"] == {
        "loss": "nan",
        "ratio": "-inf",
        "step": 3,
    }


def test_advice_is_no_problem() -> None:
    advice = Finding(**{**vars(DEAD), "severity": "advice"})
    assert problems([DEAD, advice, DEAD]) == 2
