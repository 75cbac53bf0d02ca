"""The LaTeX of formulas: each compiles, and has the structure that its Unicode form says."""

import pytest
from matplotlib.mathtext import MathTextParser

from nnlab.docstrings import docstring_of
from nnlab.insight.explain.latex import aligned, latex_of
from nnlab.registry import REGISTRIES

FORMULAS = sorted(
    {each for kind in REGISTRIES.values() for _, cls in kind.items() for each in docstring_of(cls).formulas}
)


def test_every_formula_compiles() -> None:
    assert len(FORMULAS) > 200
    parser = MathTextParser("path")
    for formula in FORMULAS:
        latex = latex_of(formula)
        assert latex.isascii(), formula
        parser.parse(f"${latex}$")


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        ("y = 1 / (1 + e⁻ˣ)", r"y = \frac{1}{1 + e^{-x}}"),
        ("θ ← θ − η_t m / (√v̂ + ε)", r"\theta \leftarrow \theta - \frac{\eta_{t} m}{\sqrt{\hat{v}} + \varepsilon}"),
        ("L = −1/N Σ_n log p_nk", r"L = -\frac{1}{N} \sum_{n} \log p_{nk}"),
        ("dx_t = da_{t+1} Whᵀ", r"\frac{\partial L}{\partial x_{t}} = \frac{\partial L}{\partial a_{t+1}} W_h^{\top}"),
        ("y[n,i] = max_u x[n,i·s+u]", r"y_{n,i} = \max_{u} x_{n,i\cdot s+u}"),
        ("(a + b) / (c (d + e)) + |x|²", r"\frac{a + b}{c (d + e)} + |x|^{2}"),
        ("y = (a) (b) / c", r"y = \frac{(a) (b)}{c}"),
        ("f = Σ_k=1..3 x0²/20", r"f = \sum_{k=1}^{3} \frac{x_{0}^{2}}{20}"),
        ("y = a where x > 0, else b / c", r"y = a \text{ where }x > 0, \text{ else }\frac{b}{c}"),
    ],
)
def test_the_structure_of_a_formula(formula: str, latex: str) -> None:
    assert latex_of(formula) == latex


def test_formulas_are_aligned_at_their_sign() -> None:
    lines = aligned(["y = x", "θ ← θ + v"])
    assert lines == [r"\begin{align*}", r"  y &= x \\", r"  \theta &\leftarrow \theta + v", r"\end{align*}"]


@pytest.mark.parametrize(
    "text", ["", "(", "a /", "]", "x_", "√", "|", "Σ", "^", "日本", "\\input{x}", "d" * 1000, "(" * 200, "(" * 9999]
)
def test_any_text_is_converted(text: str) -> None:
    latex_of(text)
