r"""LaTeX of the formulas in docstrings.

Formulas are written in Unicode with few rules: factors stand side by side or with ``·``, ``a b / c`` is the fraction of
the product a b by the one factor c, ``_i`` and ``_{t−1}`` are indices, ``x[i,j]`` too, ``^`` and small raised
characters are exponents, Σ and max take what follows them, and words such as ``where`` are text. A name of several
letters is upright, a d before a known name is the gradient ∂L/∂name.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

_GREEK = {
    **{"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "η": "eta", "θ": "theta"},
    **{"λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "φ": "varphi", "Δ": "Delta", "Φ": "Phi"},
}
_SYMBOLS: Mapping[str, str] = {
    **{letter: rf"\{name}" for letter, name in _GREEK.items()},
    **{"∂": r"\partial", "Σ": r"\sum"},
    **{"·": r"\cdot", "−": "-", "±": r"\pm", "←": r"\leftarrow", "≤": r"\leq", "≥": r"\geq", "∼": r"\sim"},
    **{"...": r"\ldots", "⌊": r"\lfloor", "⌋": r"\rfloor", "ŷ": r"\hat{y}", "ȳ": r"\bar{y}"},
    **{"gamma": r"\gamma", "beta": r"\beta", "alpha": r"\alpha", "eps": r"\varepsilon", "delta": r"\delta"},
    **{"Wx": "W_x", "Wh": "W_h", "bh": "b_h"},
}
# Two indices side by side, not a word.
_PAIRS = frozenset({"nk", "nj", "ij"})
_FUNCTIONS = frozenset({"max", "min", "exp", "log", "ln", "sin", "cos", "tanh"})
_WORDS = frozenset({"where", "else", "with", "is", "the", "maximum", "probability", "then", "of"})
_ACCENTS: Mapping[str, str] = {"\u0302": r"\hat", "\u0304": r"\bar"}
# The quantities whose gradient a formula may name, behind a d.
_GRADIENTS = re.compile(r"d(x|y|W|Wx|Wh|b|bh|a|h|c|xn|gamma|beta)(?=[₀-₉_\[]|$)")
_RAISED = {**dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᵗˣᵏ", "0123456789-+txk", strict=True)), "ᵀ": r"\top"}
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)|(?P<dots>\.\.\.)"
    rf"|(?P<name>(?:[A-Za-z]+|[α-ωΔΦ∂ŷȳ])[\u0302\u0304]?)|(?P<raised>[{''.join(_RAISED)}]+)|(?P<lowered>[₀-₉]+)"
    r"|(?P<index>_(?:\{[^}]*\}|[A-Za-z0-9]+(?:[+−=]\d+(?:\.\.\d+)?)?'?))|(?P<mark>.)"
)
# Brackets inside each other are read recursively.
LONGEST = 200
_CLOSING: Mapping[str, str] = {"(": ")", "[": "]", "⌊": "⌋"}


def latex_of(formula: str) -> str:
    """A formula in LaTeX, without dollar signs; as it is, without commands, where it is too long for one."""
    if len(formula) > LONGEST:
        return formula.replace("\\", "")
    return _Formula(unicodedata.normalize("NFC", formula)).sequence(())


def aligned(formulas: Sequence[str]) -> list[str]:
    r"""The lines of an ``align*`` environment, with each formula aligned at its ``=`` or arrow."""
    lines = [re.sub(r" (=|\\leftarrow|\\sim) ", r" &\1 ", latex_of(formula), count=1) for formula in formulas]
    return [r"\begin{align*}", *(f"  {line} \\\\" for line in lines[:-1]), f"  {lines[-1]}", r"\end{align*}"]


class _Formula:
    """Reads the tokens of a formula from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = [(found.lastgroup or "", found[0]) for found in _TOKEN.finditer(text)]
        self._at = 0

    def sequence(self, ends: Sequence[str]) -> str:
        """Products with operators between them, up to one of the ``ends``, which is left."""
        parts: list[str] = []
        while (text := self._peek()[1]) and text not in ends:
            if text in _WORDS:
                parts.append(self._words())
                continue
            if self._starts_factor():
                parts.append(self._product(ends))
                continue
            self._at += 1
            symbol = _SYMBOLS.get(text, text)
            parts.append(" " if text.isspace() else symbol + " " * symbol.startswith("\\"))
        return re.sub(r" +", " ", "".join(parts)).strip()

    def _product(self, ends: Sequence[str]) -> str:
        """Factors side by side; a slash makes a fraction of all before it and the one after it."""
        factors = [self._factor()]
        while True:
            start = self._at
            self._skip_space()
            if self._peek()[1] == "/" and "/" not in ends:
                self._at += 1
                self._skip_space()
                above = _bare(factors[0]) if len(factors) == 1 else " ".join(factors)
                factors = [rf"\frac{{{above}}}{{{_bare(self._factor())}}}"]
            elif self._starts_factor() and self._peek()[1] not in _WORDS:
                factors.append(self._factor())
            else:
                self._at = start
                return " ".join(factors)

    def _factor(self) -> str:
        """A number, a name, a bracket, a root or a sum, with its indices and exponents."""
        kind, text = self._next()
        if text in _CLOSING:
            inner = self.sequence((_CLOSING[text],))
            self._next()
            return self._with_scripts(_bracketed(text, inner))
        if text == "|":
            inner = self.sequence(("|",))
            self._next()
            return self._with_scripts(f"|{inner}|")
        if text == "√":
            return rf"\sqrt{{{_bare(self._factor())}}}"
        if text == "Σ" or (text in _FUNCTIONS and self._peek()[0] == "index"):
            operator = _SYMBOLS.get(text, rf"\{text}") + self._scripts()
            self._skip_space()
            return f"{operator} {self._product(())}" if self._starts_factor() else operator
        if text in _FUNCTIONS:
            return self._with_scripts(rf"\{text}")
        if kind == "name" and (found := _GRADIENTS.match(text)) and found[0] == text:
            return rf"\frac{{\partial L}}{{\partial {_name(found[1])}{self._scripts()}}}"
        return self._with_scripts(_name(text) if kind == "name" else _SYMBOLS.get(text, text))

    def _words(self) -> str:
        words = []
        while self._peek()[1] in _WORDS:
            words.append(self._next()[1])
            self._skip_space()
        return rf"\text{{ {' '.join(words)} }}"

    def _with_scripts(self, base: str) -> str:
        return base + self._scripts()

    def _scripts(self) -> str:
        """Indices and exponents behind a factor."""
        low, high, prime = "", "", ""
        while True:
            kind, text = self._peek()
            if kind == "index":
                inner, _, end = text[1:].strip("{}").partition("..")
                plain = inner.replace("'", "")
                low += (plain if plain in _PAIRS else _Formula(plain).sequence(())) + "'" * inner.count("'")
                high += end
            elif kind == "lowered":
                low += "".join(_LOWERED[each] for each in text)
            elif kind == "number" and self._tokens[self._at - 1][0] == "name":
                low += text
            elif text == "[" and self._at and self._tokens[self._at - 1][0] in ("name", "mark"):
                self._at += 1
                low += self.sequence(("]",))
            elif kind == "raised":
                high += "".join(_RAISED[each] for each in text)
            elif text == "^":
                self._at += 1
                high += _bare(self._factor_of_exponent())
                continue
            elif text == "'":
                prime += "'"
            else:
                return prime + (f"_{{{low}}}" if low else "") + (f"^{{{high}}}" if high else "")
            self._at += 1

    def _factor_of_exponent(self) -> str:
        kind, text = self._next()
        if text in _CLOSING:
            inner = self.sequence((_CLOSING[text],))
            self._next()
            return inner if text == "(" else _bracketed(text, inner)
        return _name(text) if kind == "name" else text

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _skip_space(self) -> None:
        while self._peek()[0] == "space":
            self._at += 1

    def _starts_factor(self) -> bool:
        kind, text = self._peek()
        return (
            kind in ("number", "name", "dots") or text in ("√", "Σ", "(", "[", "⌊") or (text == "|" and self._opens())
        )

    def _opens(self) -> bool:
        """Whether a bar opens an absolute value: none is open before it."""
        return sum(text == "|" for _, text in self._tokens[: self._at]) % 2 == 0


def _name(text: str) -> str:
    """A name: one letter in italics, more of them upright, with an accent where it has one."""
    if text[-1] in _ACCENTS:
        return rf"{_ACCENTS[text[-1]]}{{{_name(text[:-1])}}}"
    if text in _SYMBOLS:
        return _SYMBOLS[text]
    return text if len(text) == 1 else rf"\mathrm{{{text}}}"


def _bracketed(opening: str, inner: str) -> str:
    """An expression in brackets, which grow with a fraction."""
    left, right = (_SYMBOLS.get(each, each) for each in (opening, _CLOSING[opening]))
    if r"\frac" in inner or r"\sum" in inner or r"\sqrt" in inner:
        return rf"\left{left}{inner}\right{right}"
    return f"{left} {inner} {right}" if opening == "⌊" else f"{left}{inner}{right}"


def _bare(factor: str) -> str:
    """A factor without the brackets around all of it, which a fraction or a root makes superfluous."""
    for left, right in ((r"\left(", r"\right)"), ("(", ")")):
        if factor.startswith(left) and factor.endswith(right) and _closes_at_end(factor, left, right):
            return factor[len(left) : -len(right)]
    return factor


def _closes_at_end(factor: str, left: str, right: str) -> bool:
    """Whether the bracket at the start is closed at the end, not before."""
    depth = 0
    for found in re.finditer(f"{re.escape(left)}|{re.escape(right)}", factor):
        depth += 1 if found[0] == left else -1
        if depth == 0:
            return found.end() == len(factor)
    return False
