"""Planted mistakes: correct sources in tests/gradcheck/planted, changed in one place, and what nnlab says of them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from nnlab.gradcheck.api import check_gradient
from nnlab.gradcheck.gradient_check import GradientCheck
from nnlab.gradcheck.own_code import subjects_in

GROUPS = ("developed", "unseen", "second")
SOURCES = Path(__file__).parents[1] / "gradcheck" / "planted"


@dataclass(frozen=True)
class Mistake:
    """``old`` becomes ``new`` in one place of a source; ``kinds`` are the guesses that name it rightly."""

    what: str
    source: str
    subject: str
    old: str
    new: str
    tensor: str
    kinds: tuple[str, ...]

    @property
    def title(self) -> str:
        """Layer and mistake: ``affine: dw divided by N``."""
        return f"{self.subject}: {self.what}"

    def check(self) -> GradientCheck:
        """Check the changed source."""
        text = (SOURCES / f"{self.source}.py").read_text(encoding="utf-8")
        start = text.index(defining(self.subject, text))
        start = start if self.old in text[start:] else 0  # in a helper above it
        assert self.old in text, self
        changed = text[:start] + text[start:].replace(self.old, self.new, 1)
        return check_gradient(*subject_in(executed(changed, self.source), self.subject))


def defining(subject: str, text: str) -> str:
    """The line from which the mistake is looked for: the first of the subject."""
    return next(head for head in (f"class {subject}", f"def {subject}(", f"def {subject}_forward") if head in text)


def executed(text: str, name: str) -> ModuleType:
    """A module of this source."""
    module = ModuleType(name)
    module.__file__ = str(SOURCES / f"{name}.py")
    exec(compile(text, module.__file__, "exec"), vars(module))
    return module


def subject_in(module: ModuleType, subject: str) -> tuple[Any, ...]:
    """What to pass to check_gradient: a class, a loss, or a pair of functions, as nnlab finds them in a file."""
    found = subjects_in(module)
    if subject not in found and hasattr(module, subject):
        return (getattr(module, subject),)
    return found.get(subject) or next(value for name, value in found.items() if name.startswith(f"{subject}_"))


@cache
def catalogue() -> dict[str, Any]:
    """The mistakes that the diagnosis was developed on, those that it was not, and what is correct in each source."""
    read = yaml.safe_load((SOURCES / "mistakes.yaml").read_text(encoding="utf-8"))
    found = {group: [Mistake(**{**entry, "kinds": tuple(entry["kinds"])}) for entry in read[group]] for group in GROUPS}
    return found | {"correct": [(source, subject) for source, own in read["correct"].items() for subject in own]}


@cache
def correct(source: str) -> ModuleType:
    """A source as it is."""
    return executed((SOURCES / f"{source}.py").read_text(encoding="utf-8"), source)


PAGE = Path(__file__).parents[2] / "docs" / "gradcheck.md"
HEADINGS = "| mistake | caught | nnlab says | named rightly |\n|---|---|---|---|\n"


def verdict(mistake: Mistake) -> tuple[bool, bool, str]:
    """Whether a mistake is caught, whether it is named rightly, and what is said of its tensor."""
    failed = {check.tensor: check for check in mistake.check().failed}
    found = failed.get(mistake.tensor)
    diagnosis = found.diagnosis if found else None
    named = diagnosis is not None and diagnosis.kind in mistake.kinds
    return bool(failed), named, f"{diagnosis.kind}: {diagnosis.sentence}" if diagnosis else ""


def row_of(mistake: Mistake) -> str:
    """A line of the table in the documentation."""
    caught, named, says = verdict(mistake)
    cells = (mistake.title, "yes" if caught else "no", f"{mistake.tensor}: {says}", "yes" if named else "no")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace('*', chr(92) + '*') for cell in cells)} |"


def write_tables() -> None:
    """Write the tables of the page again, between the comments that mark them."""
    text = PAGE.read_text(encoding="utf-8")
    for group in GROUPS:
        head, rest = text.split(f"<!-- {group}: written by tests/support/planted_mistakes.py -->\n")
        _, tail = rest.split(f"<!-- end of {group} -->")
        rows = "\n".join(map(row_of, catalogue()[group]))
        text = f"{head}<!-- {group}: written by tests/support/planted_mistakes.py -->\n{HEADINGS}{rows}\n"
        text += f"<!-- end of {group} -->{tail}"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_tables()
