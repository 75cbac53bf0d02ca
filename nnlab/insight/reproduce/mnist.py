"""Trainings of multi-layer networks on MNIST: sections 4.5 and 6.1 to 6.3 of the book."""

import numpy as np

from nnlab.insight.reproduce.claims import Below, Claim, Experiment, Limits, Picture, Seeds, SpreadOfSeeds, Text
from nnlab.insight.reproduce.evidence import Evidence, Training, Trial
from nnlab.insight.reproduce.measures import last_losses, mean_over, metric
from nnlab.insight.reproduce.pictures import of_losses, of_run, of_sweep
from nnlab.insight.reproduce.sources import book

OPTIMIZER_SWEEP = "sweeps/optimizers_mnist"
INIT_SWEEP = "sweeps/weight_init"
BATCH_NORM_SWEEP = "sweeps/batch_norm_scales"
LOSS = Text("loss of each update, smoothed, mean of the seeds", "各更新の損失（平滑化、シードの平均）")


def _accuracy(split: str, label: Text, printed: str, seeds: Seeds) -> Claim:
    return Claim(
        quantity=label,
        numbers=(printed,),
        measure=metric("two_layer", f"{split}_accuracy", 10_000),
        band=SpreadOfSeeds(seeds),
    )


TWO_LAYER = Experiment(
    name="two_layer",
    title=Text("Two-layer network on MNIST, 10,000 iterations", "MNIST の 2 層ネットワーク（10,000 回の更新）"),
    source=book("4.5.3", "figure 4-12", "図4-12"),
    seconds=7,
    trainings=[Training("two_layer")],
    claims=[
        _accuracy("train", Text("train accuracy", "訓練データの正解率"), "0.9468", Seeds(10, 0.94785, 0.00082)),
        _accuracy("test", Text("test accuracy", "テストデータの正解率"), "0.9455", Seeds(10, 0.94611, 0.00116)),
    ],
    pictures=[Picture("accuracy", Text("accuracy over the steps", "正解率の推移"), of_run("two_layer", "accuracy"))],
)


def _rule(trial: Trial) -> str:
    return str(trial.row.settings["optimizer"]["name"])


def loss_of(evidence: Evidence, rule: str) -> float:
    """The mean loss of the last 100 of 2,000 updates, over the seeds."""
    trials = evidence.trials(OPTIMIZER_SWEEP)
    return mean_over(trials, lambda trial: _rule(trial) == rule, last_losses)


def slowest_of_the_others(evidence: Evidence) -> float:
    """The loss of SGD over the largest loss of the other three rules."""
    return loss_of(evidence, "sgd") / max(loss_of(evidence, rule) for rule in ("momentum", "adagrad", "adam"))


def adagrad_over_best_other(evidence: Evidence) -> float:
    """The loss of AdaGrad over the smallest loss of momentum and Adam."""
    return loss_of(evidence, "adagrad") / min(loss_of(evidence, rule) for rule in ("momentum", "adam"))


OPTIMIZERS_ON_MNIST = Experiment(
    name="optimizers_mnist",
    title=Text("Update rules on MNIST, five layers", "MNIST での更新手法の比較（5 層）"),
    source=book("6.1.8", "figure 6-9", "図6-9"),
    seconds=40,
    trainings=[Training(OPTIMIZER_SWEEP)],
    claims=[
        Claim(
            quantity=Text(
                "loss of SGD over the largest of the others (mean of the last 100 of 2,000 updates)",
                "SGD の損失と、他の手法の最大の損失との比（2,000 回中最後の 100 回の平均）",
            ),
            statement=Text("the others learn faster than SGD", "SGD より他の手法が速く学習する"),
            measure=slowest_of_the_others,
            band=Limits(Text("above 1: SGD has the highest loss", "1 より大きい：SGD の損失が最大"), 1),
            seeds=Seeds(5, 3.07, 0.13),
        ),
        Claim(
            quantity=Text(
                "loss of AdaGrad over the smaller of Momentum's and Adam's",
                "AdaGrad の損失と、Momentum・Adam の小さい方との比",
            ),
            statement=Text("AdaGrad learns a little faster", "AdaGrad の学習が少しだけ速い"),
            measure=adagrad_over_best_other,
            band=Below(Text("below 1: AdaGrad has the lowest loss", "1 より小さい：AdaGrad の損失が最小"), high=1),
            seeds=Seeds(5, 1.18, 0.11),
            remark=Text(
                "At the end Adam has the lowest loss with each of 5 seeds: 0.048 (AdaGrad 0.056, Momentum 0.072, SGD "
                "0.221). Over all 2,000 updates AdaGrad and Adam are alike: mean loss 0.127 and 0.130, with standard "
                "deviations of 0.005 and 0.002. The figure is one run, and it shows the loss after each update on the "
                "same batch; nnlab records it before.",
                "最後はシード 5 個すべてで Adam の損失が最小です：0.048（AdaGrad 0.056、Momentum 0.072、SGD 0.221）。"
                "2,000 回全体では AdaGrad と Adam は同程度です：平均損失 0.127 と 0.130、標準偏差 0.005 と 0.002。"
                "図は 1 回の学習で、更新後に同じバッチで測った損失を示します。nnlab は更新前の損失を記録します。",
            ),
        ),
    ],
    pictures=[Picture("losses", LOSS, of_losses(OPTIMIZER_SWEEP, _rule, 1.0))],
)


def _init(trial: Trial) -> str:
    return str(trial.row.settings["model.init"])


def init_loss(evidence: Evidence, init: str) -> float:
    """The mean loss of the last 100 of 2,000 updates, over the seeds."""
    return mean_over(evidence.trials(INIT_SWEEP), lambda trial: _init(trial) == init, last_losses)


WEIGHT_INIT = Experiment(
    name="weight_init",
    title=Text("Initial weights on MNIST, five layers of ReLU", "MNIST での重みの初期値の比較（5 層、ReLU）"),
    source=book("6.2.4", "figure 6-15", "図6-15"),
    seconds=25,
    trainings=[Training(INIT_SWEEP)],
    claims=[
        Claim(
            quantity=Text(
                "std 0.01: loss (mean of the last 100 of 2,000 updates)",
                "標準偏差 0.01：損失（2,000 回中最後の 100 回の平均）",
            ),
            statement=Text("does not learn at all", "まったく学習できない"),
            measure=lambda evidence: init_loss(evidence, "0.01"),
            band=Limits(
                Text("ln 10 = 2.303, the loss of guessing, ± 0.01", "当て推量の損失 ln 10 = 2.303 ± 0.01"), 2.293, 2.313
            ),
            seeds=Seeds(3, 2.3011, 0.00075),
        ),
        Claim(
            quantity=Text("loss of He over loss of Xavier", "He の損失と Xavier の損失の比"),
            statement=Text("both learn, He faster", "どちらも学習し、He の方が速い"),
            measure=lambda evidence: init_loss(evidence, "he") / init_loss(evidence, "xavier"),
            band=Below(Text("below 1", "1 より小さい"), high=1),
            seeds=Seeds(3, 0.709, 0.009),
        ),
    ],
    pictures=[Picture("losses", LOSS, of_losses(INIT_SWEEP, _init, 2.5))],
)


def _area(trial: Trial) -> float:
    """The mean training accuracy over the epochs: the height of the curve in the figure."""
    return float(np.mean(trial.run.metrics["train_accuracy"]))


def _by_init(evidence: Evidence, *, batch_norm: bool) -> dict[float, Trial]:
    return {
        trial.row.settings["model.init"]: trial
        for trial in evidence.trials(BATCH_NORM_SWEEP)
        if bool(trial.row.settings["model.batch_norm"]) is batch_norm
    }


def faster_with_batch_norm(evidence: Evidence) -> float:
    """For how many of the sixteen initial weights the curve is higher with batch normalisation."""
    plain, normalised = _by_init(evidence, batch_norm=False), _by_init(evidence, batch_norm=True)
    return float(sum(_area(normalised[init]) > _area(plain[init]) for init in plain))


def not_learning(evidence: Evidence) -> float:
    """For how many of the sixteen initial weights it ends below 0.2 without batch normalisation."""
    ends = [trial.run.rows[-1]["train_accuracy"] or 0.0 for trial in _by_init(evidence, batch_norm=False).values()]
    return float(sum(end < 0.2 for end in ends))


BATCH_NORM = Experiment(
    name="batch_norm",
    title=Text("Batch normalisation from sixteen initial weights", "16 通りの初期値での Batch Normalization"),
    source=book("6.3.2", "figure 6-19", "図6-19"),
    seconds=30,
    trainings=[Training(BATCH_NORM_SWEEP)],
    claims=[
        Claim(
            quantity=Text(
                "initial weights, of 16, with a higher curve of training accuracy with batch normalisation",
                "Batch Normalization ありの訓練データの正解率の曲線が高い初期値の数（16 通り中）",
            ),
            statement=Text("faster in almost all cases", "ほとんどすべてのケースで速い"),
            measure=faster_with_batch_norm,
            band=Limits(Text("at most two exceptions", "例外は 2 つまで"), 14, 16),
        ),
        Claim(
            quantity=Text(
                "initial weights, of 16, that end below 0.2 training accuracy without it",
                "なしで訓練データの正解率 0.2 未満に終わる初期値の数（16 通り中）",
            ),
            statement=Text(
                "without it, weights of an unsuitable scale do not learn at all",
                "なしでは、初期値のスケールが適切でないとまったく学習しない",
            ),
            measure=not_learning,
            band=Limits(Text("at least half of the panels", "パネルの半分以上"), 8, 16),
        ),
    ],
    pictures=[Picture("panels", Text("learning curves", "学習曲線"), of_sweep(BATCH_NORM_SWEEP, "panels"))],
    remark=Text(
        "The config has the ε of the book's script, 1e-6. With nnlab's default of 1e-5 (config init_batch_norm) the "
        "smallest weights, 0.0001, do not learn with batch normalisation either: their variance is far below ε.",
        "この設定の ε は本のスクリプトと同じ 1e-6 です。nnlab の既定値 1e-5（設定 init_batch_norm）では、最小の初期値 "
        "0.0001 は Batch Normalization ありでも学習しません。分散が ε よりはるかに小さいためです。",
    ),
)
