"""Section 6.2 of the book: the activations of untrained layers."""

from nnlab.insight.reproduce.activation_histograms import draw_histograms, outputs_of, share_beyond, std_ratio
from nnlab.insight.reproduce.claims import Claim, Experiment, Limits, Picture, Seeds, Text
from nnlab.insight.reproduce.sources import book

ACTIVATION_HISTOGRAMS = Experiment(
    name="activation_histograms",
    title=Text(
        "Activations of five layers for six initial weights", "6 通りの初期値による 5 層のアクティベーション分布"
    ),
    source=book("6.2.2, 6.2.3", "figures 6-10, 6-11, 6-13 and 6-14", "図6-10、6-11、6-13、6-14"),
    seconds=2,
    claims=[
        Claim(
            quantity=Text(
                "sigmoid, std 1: share of layer 5's outputs below 0.1 or above 0.9",
                "シグモイド、標準偏差 1：第 5 層の出力のうち 0.1 未満または 0.9 超の割合",
            ),
            statement=Text("biased to 0 and 1", "0 と 1 に偏る"),
            measure=lambda evidence: share_beyond(outputs_of("sigmoid std 1")[-1], 0.1, 0.9),
            band=Limits(Text("more than half", "半分を超える"), 0.5, 1),
            seeds=Seeds(20, 0.748, 0.031),
        ),
        Claim(
            quantity=Text(
                "sigmoid, std 0.01: share of layer 5's outputs within 0.5 ± 0.05",
                "シグモイド、標準偏差 0.01：第 5 層の出力のうち 0.5 ± 0.05 の割合",
            ),
            statement=Text("concentrated near 0.5", "0.5 付近に集中する"),
            measure=lambda evidence: 1 - share_beyond(outputs_of("sigmoid std 0.01")[-1], 0.45, 0.55),
            band=Limits(Text("nearly all", "ほぼ全部"), 0.99, 1),
            seeds=Seeds(20, 1.0, 0.0),
        ),
        Claim(
            quantity=Text(
                "sigmoid, Xavier: std of layer 5 over that with std 0.01",
                "シグモイド、Xavier：第 5 層の標準偏差と、標準偏差 0.01 の場合との比",
            ),
            statement=Text("spread wider than before", "これまでよりも広がりを持つ"),
            measure=lambda evidence: float(
                outputs_of("sigmoid Xavier")[-1].std() / outputs_of("sigmoid std 0.01")[-1].std()
            ),
            band=Limits(Text("wider", "広い"), 1),
            seeds=Seeds(20, 9.7, 1.1),
        ),
        Claim(
            quantity=Text(
                "ReLU, std 0.01: std of layer 5 over layer 1", "ReLU、標準偏差 0.01：第 5 層と第 1 層の標準偏差の比"
            ),
            statement=Text("very small activations", "アクティベーションはとても小さい値"),
            measure=lambda evidence: std_ratio(outputs_of("ReLU std 0.01")),
            band=Limits(
                Text("theory: 0.0707⁴ = 2.5e-5; below a thousandth", "理論値 0.0707⁴ = 2.5e-5、千分の一未満"), 0, 1e-3
            ),
            seeds=Seeds(20, 2.6e-5, 5e-6),
        ),
        Claim(
            quantity=Text("ReLU, Xavier: std of layer 5 over layer 1", "ReLU、Xavier：第 5 層と第 1 層の標準偏差の比"),
            statement=Text("the bias grows with depth", "層が深くなるにつれて偏りが大きくなる"),
            measure=lambda evidence: std_ratio(outputs_of("ReLU Xavier")),
            band=Limits(
                Text("theory: (1/√2)⁴ = 0.25, ± 3σ of 20 seeds", "理論値 (1/√2)⁴ = 0.25、± 3σ（シード 20 個）"),
                0.13,
                0.37,
            ),
            seeds=Seeds(20, 0.257, 0.039),
        ),
        Claim(
            quantity=Text("ReLU, He: std of layer 5 over layer 1", "ReLU、He：第 5 層と第 1 層の標準偏差の比"),
            statement=Text("an even spread in all layers", "各層で広がりが均一"),
            measure=lambda evidence: std_ratio(outputs_of("ReLU He")),
            band=Limits(Text("theory: 1, ± 3σ of 20 seeds", "理論値 1、± 3σ（シード 20 個）"), 0.53, 1.47),
            seeds=Seeds(20, 1.026, 0.157),
        ),
    ],
    pictures=[Picture("activations", Text("histograms of the outputs", "出力のヒストグラム"), draw_histograms)],
)
