"""Intermediate results of layers and losses that no formula of theirs names, by the quantity that they lead to."""

from collections.abc import Mapping, Sequence

import numpy as np

from nnlab.insight.explain.worked_example import Extra, sum_of_products

_EXP: Extra = ("exp(x)", lambda v: np.exp(v["x"]))
_SUM_OF_EXP: Extra = ("Σ_j exp(x_j)", lambda v: np.exp(v["x"]).sum(axis=-1))
EXTRAS: Mapping[str, Mapping[str, Sequence[Extra]]] = {
    "sigmoid": {"y": [("e⁻ˣ", lambda v: np.exp(-v["x"]))], "dx": [("y (1 − y)", lambda v: v["y"] * (1 - v["y"]))]},
    "tanh": {"dx": [("1 − y²", lambda v: 1 - v["y"] ** 2)]},
    "elu": {"y": [("eˣ", lambda v: np.exp(v["x"]))]},
    "gelu": {"dx": [("e^(−x²/2) / √(2π)", lambda v: np.exp(-(v["x"] ** 2) / 2) / np.sqrt(2 * np.pi))]},
    "softplus": {"y": [("eˣ", lambda v: np.exp(v["x"]))], "dx": [("e⁻ˣ", lambda v: np.exp(-v["x"]))]},
    "softmax": {"y": [_EXP, _SUM_OF_EXP], "dx": [("Σ_j dy_j y_j", lambda v: (v["dy"] * v["y"]).sum(axis=-1))]},
    "log_softmax": {"y": [_EXP, _SUM_OF_EXP], "dx": [("Σ_j dy_j", lambda v: v["dy"].sum(axis=-1))]},
    "linear": {
        "y": [
            (
                "y[0,0], the first sample and unit: x[0]·W[:,0] + b[0]",
                lambda v: sum_of_products(v["x"][0], v["W"][:, 0], v["b"][0]),
            )
        ],
        "dW": [
            (
                "dW[0,0]: the first input times dy of the first unit, over the samples",
                lambda v: sum_of_products(v["x"][:, 0], v["dy"][:, 0]),
            )
        ],
    },
    "conv2d": {
        "y": [
            (
                "y[0,0,0,0], the window at the upper left",
                lambda v: sum_of_products(v["x"][0, 0, :3, :3], v["W"][0, 0], v["b"][0]),
            )
        ],
        "dW": [
            (
                "dW[0,0,0,0]: the pixels that W[0,0,0,0] is multiplied with, times dy",
                lambda v: sum_of_products(v["x"][0, 0, :2, :2], v["dy"][0, 0]),
            )
        ],
    },
    "conv1d": {
        "y": [
            ("y[0,0,0], the first window", lambda v: sum_of_products(v["x"][0, 0, :3], v["W"][0, 0], v["b"][0])),
        ]
    },
    "residual": {"y": [("f(x)", lambda v: v["y"] - v["x"])], "dx": [("dx_f", lambda v: v["dx"] - v["dy"])]},
    "batch_norm": {
        "dx": [
            ("Σ_n dxn / N", lambda v: v["dxn"].mean(axis=0)),
            ("Σ_n (dxn · xn) / N", lambda v: (v["dxn"] * v["xn"]).mean(axis=0)),
        ]
    },
    "cross_entropy": {
        "p": [_EXP, _SUM_OF_EXP],
        "L": [("log p", lambda v: np.log(v["p"]))],
    },
    "huber": {"L": [("h(r)", lambda v: np.where(abs(v["r"]) <= 1, v["r"] ** 2 / 2, abs(v["r"]) - 0.5))]},
    "mean_absolute_error": {"L": [("|x − t|", lambda v: abs(v["difference"]))]},
    "mean_squared_error": {"L": [("x − t", lambda v: v["difference"]), ("(x − t)²", lambda v: v["difference"] ** 2)]},
    "l1": {"L": [("|W|", lambda v: abs(v["W"]))], "dW": [("sign(W)", lambda v: np.sign(v["W"]))]},
    "l2": {"L": [("W²", lambda v: v["W"] ** 2)]},
}
