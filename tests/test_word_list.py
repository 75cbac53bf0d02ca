"""nnlab speaks the field's terms: phrases that once stood in their place do not come back."""

import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import PAGES, ROOT, name_of

# Phrase, and what to write in its place.
FORBIDDEN = {
    r"\bso many\b": "N, or the quantity itself",
    r"\banew\b": "again",
    r"\b(go|goes|gone|going|went) on (with|from|though)\b": "resume, continue",
    r"\bprices? (of|on)\b": "penalty, regularisation",
    r"\b(what|and what) came of\b": "result",
    r"\bstrangers?\b": "untrusted",
    r"\b(some|any)body\b": "name who",
    r"\b(is|are|was|were|been) told\b": "is reported, receives",
    r"\bhears? of\b": "is reported",
    r"\b(lies|lay|lie) (in|on|under|beside|where)\b": "is in",
    r"\bsurest\b": "most confident",
    r"\bfor want of\b": "without",
    r"\bby heart\b": "memorise, overfit",
    r"\b(put|puts|putting) out\b": "output",
    r"\bhow .* fares?\b": "statistics of",
    r"\bby the thousand\b": "a number",
    r"\bmade by chance\b": "randomly generated",
    r"\bbegins? again\b": "restarts",
    r"\b(acts?|acted|acting) \w+ out\b": "simulates",
    r"\bfor all that\b": "although",
    r"\bshares? out\b": "distributes",
    r"\bcarr(y|ies|ied) out\b": "run",
    r"\bfor good\b": "permanently",
    r"\bbe had\b": "is available",
    r"\bgo(es)? down (a|one)\b": "minimise",
    r"\b(give|given|gives) away\b": "share",
    r"\bare others\b": "differ",
    r"\bnot gone on\b": "not resumed",
    r"\blearnt\b": "learned",
}
PHRASES = {re.compile(phrase, re.IGNORECASE): better for phrase, better in FORBIDDEN.items()}
# Finds in lower-case text of one line whatever one of them does, and more: tokenising all files takes 20 times as long.
ANY = re.compile(r"\b(?:" + "|".join(phrase.removeprefix(r"\b") for phrase in FORBIDDEN) + ")")
TEXTS = [*PAGES, ROOT / "CHANGELOG.md", *sorted((ROOT / "configs").rglob("*.yaml"))]
PYTHON = sorted(path for folder in ("nnlab", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
PYTHON.remove(Path(__file__))


def suspicious(path: Path) -> bool:
    """Whether a phrase may be in a comment, string literal or test name of a Python file."""
    text = path.read_text(encoding="utf-8").lower()
    names = " ".join(re.findall(r"\btest_\w+", text)).replace("_", " ")
    return any(ANY.search(" ".join(part.split())) for part in (text, names))


def words_of(path: Path) -> Iterator[tuple[int, str]]:
    """The comments, string literals and test names of a Python file, by line."""
    if not suspicious(path):
        return
    with tokenize.open(path) as file:
        tokens = list(tokenize.generate_tokens(file.readline))
    for token in tokens:
        if token.type in {tokenize.COMMENT, tokenize.STRING}:
            yield token.start[0], " ".join(token.string.split())
        elif token.type == tokenize.NAME and token.string.startswith("test_"):
            yield token.start[0], token.string.replace("_", " ")


def faults(lines: Iterator[tuple[int, str]]) -> list[str]:
    return [
        f"line {number}: {found[0]!r}: better {better!r}"
        for number, text in lines
        for phrase, better in PHRASES.items()
        if (found := phrase.search(text))
    ]


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """The paragraphs of a document or config, each as one line."""
    yield from enumerate(re.sub(r"\n[# ]*(?=[^\n#|-])", " ", path.read_text(encoding="utf-8")).splitlines(), 1)


def test_documents_and_configs_use_the_fields_terms() -> None:
    assert not {name_of(path): found for path in TEXTS if (found := faults(lines_of(path)))}


def test_code_uses_the_fields_terms() -> None:
    assert not {name_of(path): found for path in PYTHON if (found := faults(words_of(path)))}


@pytest.mark.parametrize("text", ["What came of it", "it begins\n# again", "go on with a run"])
def test_forbidden_phrases_are_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    (tmp_path / "code.py").write_text("".join(f"# {line}\n" for line in text.replace("\n# ", " ").splitlines()))
    assert faults(lines_of(tmp_path / "page.md"))
    assert faults(words_of(tmp_path / "code.py"))
