"""Chapter 4 of the book: numerical gradients, gradient descent, and the gradient of a small network."""

import numpy as np

from nnlab.config.bundled import bundled_config
from nnlab.config.descent import load_descent
from nnlab.core.arrays import Array
from nnlab.core.numerical import numerical_gradient
from nnlab.insight.reproduce.claims import Claim, Experiment, Picture, Text, Tolerance
from nnlab.insight.reproduce.descents import paths_of
from nnlab.insight.reproduce.pictures import of_descent
from nnlab.insight.reproduce.sources import book
from nnlab.textbook.losses import SoftmaxWithLoss

PRINTED = Text("half a unit of the last printed digit", "印字された最後の桁の半分")
# The published run uses the book's step, h = 1e-4; its rounding errors decide the digits for the learning rate 10.
CENTRAL = ("gradient=central", "h=1e-4")

INPUT, LABEL = np.array([0.6, 0.9]), np.array([2])
WEIGHTS = np.array([[0.47355232, 0.9977393, 0.84668094], [0.85557411, 0.03563661, 0.69422093]])


def _gradient_at(*point: float) -> list[float]:
    sphere = load_descent(bundled_config("descent/field")).function
    return [float(number) for number in numerical_gradient(sphere.value, np.array(point), 1e-4, "central")]


def _end_of(index: int) -> list[float]:
    return [float(number) for number in paths_of("learning_rates", CENTRAL)[index].positions[-1]]


def _loss(weights: Array) -> float:
    return SoftmaxWithLoss().forward((INPUT @ weights)[None], LABEL)


def _gradient_claim(point: str, gradient: tuple[str, str]) -> Claim:
    x, y = (float(number) for number in point.split(", "))
    return Claim(
        quantity=Text(f"gradient at ({point})", f"({point}) での勾配"),
        numbers=gradient,
        parts=("x0", "x1"),
        measure=lambda evidence: _gradient_at(x, y),
        band=Tolerance(1e-8, Text("rounding of central differences with h = 1e-4", "h = 1e-4 の中心差分の丸め誤差")),
    )


def _end_claim(index: int, rate: str, numbers: tuple[str, str], width: float) -> Claim:
    return Claim(
        quantity=Text(f"end for learning rate {rate}", f"学習率 {rate} の終点"),
        numbers=numbers,
        parts=("x0", "x1"),
        measure=lambda evidence: _end_of(index),
        band=Tolerance(width, PRINTED),
    )


NUMERICAL_GRADIENT = Experiment(
    name="numerical_gradient",
    title=Text("Numerical gradient of x₀² + x₁²", "x₀² + x₁² の数値微分による勾配"),
    source=book("4.4", "figure 4-9", "図4-9"),
    seconds=1,
    claims=[
        _gradient_claim("3, 4", ("6.", "8.")),
        _gradient_claim("0, 2", ("0.", "4.")),
        _gradient_claim("3, 0", ("6.", "0.")),
    ],
    pictures=[Picture("field", Text("negative gradient", "負の勾配"), of_descent("descent/field", "field"))],
)

GRADIENT_DESCENT = Experiment(
    name="gradient_descent",
    title=Text("Gradient descent on x₀² + x₁² with three learning rates", "x₀² + x₁² の勾配降下法と 3 つの学習率"),
    source=book("4.4.1", "figure 4-10", "図4-10"),
    seconds=1,
    claims=[
        _end_claim(1, "0.1", ("-6.11110793e-10", "8.14814391e-10"), 5e-19),
        _end_claim(0, "10", ("-2.58983747e+13", "-1.29524862e+12"), 5e4),
        _end_claim(2, "1e-10", ("-2.99999994", "3.99999992"), 5e-9),
    ],
    pictures=[
        Picture("values", Text("value over the steps", "関数値の推移"), of_descent("descent/learning_rates", "values"))
    ],
    remark=Text(
        "With the learning rate 10 the exact gradient would lead to about 1e128. The printed numbers are rounding "
        "errors of (f(x+h) − f(x−h)) / 2h once x is so large that x + h = x; the same formula gives the same digits.",
        "学習率 10 では、正確な勾配なら約 1e128 まで発散します。印字された値は、x が大きくなり x + h = x となった後の "
        "(f(x+h) − f(x−h)) / 2h の丸め誤差です。同じ式なら同じ桁になります。",
    ),
)

SIMPLE_NET = Experiment(
    name="simple_net",
    title=Text("Loss and gradient of one linear layer with softmax", "1 層のソフトマックス分類器の損失と勾配"),
    source=book("4.4.2", "simpleNet", "simpleNet"),
    seconds=1,
    claims=[
        Claim(
            quantity=Text("scores", "スコア"),
            numbers=("1.05414809", "0.63071653", "1.1328074"),
            parts=("0", "1", "2"),
            measure=lambda evidence: [float(score) for score in INPUT @ WEIGHTS],
            band=Tolerance(1e-8, Text("the weights are printed with 8 decimals", "重みは小数 8 桁で印字")),
        ),
        Claim(
            quantity=Text("loss", "損失"),
            numbers=("0.92806853663411326",),
            measure=lambda evidence: _loss(WEIGHTS),
            band=Tolerance(1e-8, Text("the weights are printed with 8 decimals", "重みは小数 8 桁で印字")),
        ),
        Claim(
            quantity=Text("gradient dW", "勾配 dW"),
            numbers=("0.21924763", "0.14356247", "-0.36281009", "0.32887144", "0.2153437", "-0.54421514"),
            parts=("w11", "w12", "w13", "w21", "w22", "w23"),
            measure=lambda evidence: [
                float(number) for number in numerical_gradient(_loss, WEIGHTS, 1e-4, "central").reshape(-1)
            ],
            band=Tolerance(1e-8, Text("the weights are printed with 8 decimals", "重みは小数 8 桁で印字")),
        ),
    ],
)


EXPERIMENTS = (NUMERICAL_GRADIENT, GRADIENT_DESCENT, SIMPLE_NET)
