"""Chapter 7 of the book: SimpleConvNet, and its filters before and after training."""

from nnlab.engine.predictions import first_layer_filters
from nnlab.insight.reproduce.claims import Claim, Experiment, Limits, Picture, Seeds, SpreadOfSeeds, Text
from nnlab.insight.reproduce.evidence import Evidence, Training
from nnlab.insight.reproduce.measures import metric, neighbour_correlation, train_accuracy
from nnlab.insight.reproduce.pictures import of_run
from nnlab.insight.reproduce.sources import book

FULL, QUICK = "simple_convnet_full", "simple_convnet_5000"
LAST_STEP = 12_000
# One training takes minutes: the evaluations after its last ten epochs stand in for other seeds.
LAST_EPOCHS = Text("last epochs of one run", "1 回の学習の最後のエポック")


def correlation_before(evidence: Evidence) -> float:
    """How alike neighbouring weights of the untrained filters are."""
    filters = evidence.view(QUICK).setup.initial_filters
    return float("nan") if filters is None else neighbour_correlation(filters)


def correlation_after(evidence: Evidence) -> float:
    """How alike neighbouring weights of the trained filters are."""
    filters = first_layer_filters(evidence.view(QUICK).trained.network)
    return float("nan") if filters is None else neighbour_correlation(filters)


SIMPLE_CONVNET = Experiment(
    name="simple_convnet",
    title=Text("SimpleConvNet on all of MNIST, 20 epochs", "SimpleConvNet（MNIST 全体、20 エポック）"),
    source=book("7.5", "text after train_convnet.py", "train_convnet.py の後の本文"),
    seconds=300,
    trainings=[Training(FULL)],
    claims=[
        Claim(
            quantity=Text("test accuracy", "テストデータの正解率"),
            numbers=("0.9896",),
            measure=metric(FULL, "test_accuracy", LAST_STEP),
            band=SpreadOfSeeds(Seeds(10, 0.98803, 0.00113, LAST_EPOCHS)),
        ),
        Claim(
            quantity=Text("train accuracy, all 60,000 images", "訓練データの正解率（60,000 枚すべて）"),
            numbers=("0.9982",),
            measure=train_accuracy(FULL),
            band=SpreadOfSeeds(Seeds(10, 0.9974, 0.00097, LAST_EPOCHS)),
        ),
    ],
    pictures=[Picture("accuracy", Text("accuracy over the steps", "正解率の推移"), of_run(FULL, "accuracy"))],
)

FILTERS = Experiment(
    name="filters",
    title=Text("First-layer filters before and after training", "1 層目のフィルターの学習前と学習後"),
    source=book("7.6.1", "figure 7-24", "図7-24"),
    seconds=40,
    trainings=[Training(QUICK)],
    claims=[
        Claim(
            quantity=Text("correlation of neighbouring weights before training", "学習前の隣り合う重みの相関"),
            statement=Text("no regularity: random", "規則性がなくランダム"),
            measure=correlation_before,
            band=Limits(
                Text("0 ± 3σ of 1,200 pairs, σ = 0.029", "独立な 1,200 組の 0 ± 3σ、σ = 0.029"),
                -0.087,
                0.087,
            ),
        ),
        Claim(
            quantity=Text("correlation of neighbouring weights after training", "学習後の隣り合う重みの相関"),
            statement=Text("regular: gradations and blobs", "規則性のある画像：グラデーションや塊（blob）"),
            measure=correlation_after,
            band=Limits(Text("at least 5σ above 0", "0 より 5σ 以上大きい"), 0.144, 1),
        ),
    ],
    pictures=[Picture("weights", Text("filters of the first layer", "1 層目のフィルター"), of_run(QUICK, "weights"))],
    remark=Text(
        "Trained on 5,000 images, as a comment of the book's script suggests where training takes long.",
        "本のスクリプトのコメント（時間のかかる場合はデータを削減）に従い、5,000 枚で学習します。",
    ),
)

EXPERIMENTS = (SIMPLE_CONVNET, FILTERS)
