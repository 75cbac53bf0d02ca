"""The parts of explanations and worked examples; texts with numbers in them as patterns."""

import re
from collections.abc import Mapping, Sequence

EXPLANATIONS: Mapping[str, str] = {
    "dx is ∂L/∂x, the gradient of the loss L with respect to x; so are dy, dW, ...": (
        "dx は損失 L の x についての勾配 ∂L/∂x を表す。dy、dW なども同様。"
    ),
    # kinds
    "dataset": "データセット",
    "augmentation": "データ拡張",
    "model": "モデル",
    "layer": "レイヤ",
    "activation": "活性化関数",
    "initialiser": "重みの初期値",
    "loss": "損失関数",
    "metric": "評価指標",
    "penalty": "正則化",
    "optimizer": "更新則（オプティマイザ）",
    "schedule": "学習率のスケジュール",
    "control": "訓練の制御",
    "function": "テスト関数",
    "search": "探索",
    # stages
    "forward": "順伝播",
    "backward": "逆伝播",
    "sums over the steps": "全ステップの和",
    # quantities
    "seed": "シード",
    "training samples": "訓練サンプルの数",
    "sample": "サンプルの形状",
    "classes": "クラス",
    "characters of x[0]": "x[0] の文字",
    "scores": "スコア",
    "parameters": "パラメータの総数",
    "label": "正解ラベル",
    "prediction": "予測",
    "correct": "正解したもの",
    "correct: every step": "全ステップが正解のもの",
    "hits": "含まれるもの",
    "the k classes of the highest scores": "スコアの上位 k 個のクラス",
    "TP of each class": "各クラスの TP",
    "FP of each class": "各クラスの FP",
    "FN of each class": "各クラスの FN",
    "recall of each class": "各クラスの再現率",
    "recall of each class, of which the mean is taken": "各クラスの再現率（この平均をとる）",
    "precision of each class, of which the mean is taken": "各クラスの適合率（この平均をとる）",
    "f1 of each class, of which the mean is taken": "各クラスの F1 値（この平均をとる）",
    "p = softmax(scores) of the label": "正解ラベルの p = softmax(スコア)",
    "mean of −log p": "−log p の平均",
    "mean of all W": "W 全体の平均",
    "std of all W": "W 全体の標準偏差",
    "y[0,0,0], the first window": "y[0,0,0]（最初の窓）",
    "y[0,0,0,0], the window at the upper left": "y[0,0,0,0]（左上の窓）",
    "dW[0,0,0,0]: the pixels that W[0,0,0,0] is multiplied with, times dy": (
        "dW[0,0,0,0]：W[0,0,0,0] が掛かる画素と dy の積の和"
    ),
    "y[0,0], the first sample and unit: x[0]·W[:,0] + b[0]": (
        "y[0,0]（最初のサンプルの最初のユニット）：x[0]·W[:,0] + b[0]"
    ),
    "dW[0,0]: the first input times dy of the first unit, over the samples": (
        "dW[0,0]：最初の入力と最初のユニットの dy の積をサンプルについて足したもの"
    ),
    "m̂ = m / (1 − β₁ᵗ), of the paper's first form": "m̂ = m / (1 − β₁ᵗ)（論文の最初の形）",
    "v̂ = v / (1 − β₂ᵗ), of the paper's first form": "v̂ = v / (1 − β₂ᵗ)（論文の最初の形）",
    "best so far": "これまでの最良",
    # what keys accept
    "true": "true",
    "null": "null",
    "text": "文字列",
    "a path": "パス",
    "a number": "数",
    "a list of these": "そのリスト",
    "a list of lists of layers, or a mapping of names to such lists": (
        "レイヤのリストのリスト、または名前の付いたリスト"
    ),
}

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), japanese)
    for pattern, japanese in (
        (r"backward, (t = \d+)", r"逆伝播、\1"),
        (r"point (\d+)", r"点 \1"),
        (r"point (\d+), until update (\d+) of (\d+)", r"点 \1、更新 \2/\3 まで"),
        (r"waited (\d+)", r"待ち \1 回"),
        (r"waited (\d+): training ends", r"待ち \1 回：訓練を終了"),
        (r"waited (\d+), (η = .+)", r"待ち \1 回、\2"),
        (r"a whole number from (\S+) to (\S+)", r"\1 から \2 の整数"),
        (r"a number from (\S+) to (\S+)", r"\1 から \2 の数"),
        (r"a number above (\S+) and at most (\S+)", r"\1 より大きく \2 以下の数"),
        (r"a number above (\S+) and below (\S+)", r"\1 より大きく \2 未満の数"),
        (r"a number of at least (\S+) and below (\S+)", r"\1 以上 \2 未満の数"),
        (r"text of (\d+) to (\d+) characters", r"\1 から \2 文字の文字列"),
        (r"printable text of (\d+) to (\d+) characters", r"\1 から \2 文字の印字可能な文字列"),
        (r"(\w+): a number", r"\1: 数"),
        (r"true, false", r"true、false"),
        (r"the keys of (\w+)", r"\1 のキー"),
    )
]
"""Texts with numbers in them; a group of a pattern is taken over as it is."""

SOURCES: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), japanese)
    for pattern, japanese in (
        (r'"Deep Learning from Scratch 2"', "『ゼロから作る Deep Learning ❷』"),
        (r'"Deep Learning from Scratch"', "『ゼロから作る Deep Learning』"),
        (r"』, sections? ([\d.]+) and ([\d.]+)", r"』\1 節、\2 節"),
        (r"』, sections? ([\d.]+)", r"』\1 節"),
        (r"』, chapters? (\d+) (?:and|to) (\d+)", r"』\1 章から \2 章"),
        (r"』, chapter (\d+)", r"』\1 章"),
        (r"』, appendix (\w)", r"』付録 \1"),
    )
]
"""The books in a source, with sections and chapters."""

FORMULAS: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), japanese)
    for pattern, japanese in (
        (r"^(.+?) where (.+?), else (.+)$", r"\1（\2 のとき）、それ以外は \3"),
        (r"^(.+?) with probability (.+?), else (.+)$", r"\1（確率 \2）、それ以外は \3"),
        (r"^(.+) with probability (.+)$", r"\1（確率 \2）"),
        (r"^(.+) where (.+) is the maximum$", r"\1（\2 が最大値のとき）"),
        (r"^(.+) where (.+)$", r"\1（ただし \2）"),
        (r"^(.+) with (.+)$", r"\1（\2）"),
    )
]
"""The words in formulas."""
