"""The docstring of a component in its parts, by one convention.

The first paragraph is the sentence that says what the component does. Indented lines are its formulas, one equation
each, forward before backward. ``Source: `` starts a line with the paper or the section of a book, and
``Equals ``textbook.Name``` one that names the same computation in ``nnlab/textbook``. Everything else are notes, in
paragraphs. A docstring in another form has a sentence and notes.
"""

import inspect
import re
from dataclasses import dataclass

_SOURCE = re.compile(r"^Source: ", re.MULTILINE)
_TWIN = re.compile(r"^Equals ``textbook\.(\w+)``", re.MULTILINE)
# ``dW = ...``, ``dh_{t−1} = ...``: the gradient of the loss by what follows the d; ``dW ← dW + ...`` adds to one.
_GRADIENT = re.compile(r"d[^\W\d_]+(?:[_[]\S*)? ([=←]) ")
_MARKS = re.compile(r"(?::\w+:)?`+([^`]+)`+")
_PARTS = re.compile(r"^(?=Source: |Equals ``textbook\.)", re.MULTILINE)


@dataclass(frozen=True)
class Docstring:
    """The parts of a docstring; what it does not have is empty.

    ``twin`` is a name of ``nnlab.textbook``; notes are without the marks of code.
    """

    sentence: str
    formulas: tuple[str, ...]
    notes: tuple[str, ...]
    source: str
    twin: str


def docstring_of(component: type) -> Docstring:
    """The docstring of a class in its parts; the signature that dataclass puts in the place of one is none."""
    text = inspect.getdoc(component) or ""
    first, *paragraphs = ("" if text.startswith(f"{component.__name__}(") else text).split("\n\n")
    formulas: list[str] = []
    notes: list[str] = []
    source = twin = ""
    for paragraph in paragraphs:
        if paragraph.startswith("    "):
            formulas += [line.strip() for line in paragraph.split("\n")]
            continue
        for part in filter(str.strip, _PARTS.split(paragraph)):
            if _SOURCE.match(part):
                source = _on_one_line(part).removeprefix("Source: ").removesuffix(".")
            elif found := _TWIN.match(part):
                twin = found[1]
            else:
                notes.append(_MARKS.sub(r"\1", _on_one_line(part)))
    return Docstring(_MARKS.sub(r"\1", _on_one_line(first)), tuple(formulas), tuple(notes), source, twin)


def is_gradient(formula: str, signs: str = "=") -> bool:
    """Whether a formula of a docstring is that of a gradient of the loss; with ``=←`` also one that adds to it."""
    found = _GRADIENT.match(formula)
    return found is not None and found[1] in signs


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
