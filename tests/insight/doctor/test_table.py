"""Every rule has a section of docs/doctor.md, a spec that shows the illness, and one that does not."""

import re
from contextlib import suppress
from pathlib import Path

import pytest

import nnlab
from nnlab.errors import Diverged
from nnlab.insight.doctor.diagnose import Diagnosis
from nnlab.insight.doctor.rules import PAGE, Rule
from nnlab.insight.doctor.table import RULES
from nnlab.records.run_names import find_run

ROOT = Path(nnlab.__file__).parents[1]
SPECS = ROOT / "configs" / "doctor"
PARTS = ("What it looks like", "Why", "Limit", "Source", "What to do")


def sections() -> dict[str, str]:
    """The sections of the page between its introduction and its measurements, by anchor."""
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    rules = page.partition("\n## How many illnesses it finds\n")[0]
    _, *parts = re.split(r"^## (.+)$", rules, flags=re.M)
    return {title.lower().replace(" ", "-"): text for title, text in zip(parts[::2], parts[1::2], strict=True)}


def test_every_rule_has_a_section_that_its_page_names() -> None:
    assert [f"{PAGE}#{anchor}" for anchor in sections()] == [rule.page for rule in RULES]


@pytest.mark.parametrize("anchor", sections())
def test_a_section_says_what_why_from_which_limit_by_whom_and_what_to_do(anchor: str) -> None:
    assert re.findall(r"^\*\*(.+?)\.\*\*", sections()[anchor], re.M) == [*PARTS]


def test_names_are_unique_and_explained_ones_exist() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert {name for rule in RULES for name in rule.explains} <= set(names)


def test_every_rule_has_two_specs() -> None:
    wanted = {f"{rule.name}{suffix}.yaml" for rule in RULES for suffix in ("", "_healthy")}
    assert {path.name for path in SPECS.glob("*.yaml")} == wanted


def diagnosis_of(name: str, runs: Path) -> Diagnosis:
    """The diagnosis of a spec, trained without pictures."""
    with suppress(Diverged):
        nnlab.run(SPECS / f"{name}.yaml", runs, overrides={"train.pictures": False, "train.checkpoint_every": "never"})
    return nnlab.doctor(find_run(name, runs, "run"))


def names_of(diagnosis: Diagnosis) -> list[str]:
    """The problems and advice found, consequences included."""
    return [*(one.name for one in diagnosis.findings), *(c.name for cs in diagnosis.consequences.values() for c in cs)]


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_illness_is_found_in_its_spec_and_nothing_in_the_healthy_one(rule: Rule, tmp_path: Path) -> None:
    ill = diagnosis_of(rule.name, tmp_path)
    assert rule.name in names_of(ill), ill.as_text()
    healthy = diagnosis_of(f"{rule.name}_healthy", tmp_path)
    assert rule.name not in names_of(healthy), healthy.as_text()
    assert not healthy.problems, healthy.as_text()
