"""The spirals of CS231n: a softmax classifier and a network with one hidden layer."""

from nnlab.insight.reproduce.claims import Claim, Experiment, Picture, Seeds, SpreadOfSeeds, Text, Tolerance
from nnlab.insight.reproduce.evidence import Training
from nnlab.insight.reproduce.measures import metric, objectives
from nnlab.insight.reproduce.pictures import of_run
from nnlab.insight.reproduce.sources import SPIRAL_NOTES

SIX_DECIMALS = Tolerance(5e-7, Text("half a unit of the last printed digit", "印字された最後の桁の半分"))
SOFTMAX_ITERATIONS = (0, 10, 20, 30, 40)


def _loss(config: str, iteration: int, printed: str, seeds: Seeds) -> Claim:
    return Claim(
        quantity=Text(f"loss at iteration {iteration:,}", f"反復 {iteration:,} の損失"),
        numbers=(printed,),
        measure=objectives(config, [iteration]),
        band=SpreadOfSeeds(seeds),
    )


SPIRAL_SOFTMAX = Experiment(
    name="spiral_softmax",
    title=Text("Softmax classifier on three spirals", "3 本のらせんのソフトマックス分類器"),
    source=SPIRAL_NOTES,
    seconds=2,
    trainings=[Training("spiral_softmax")],
    claims=[
        _loss("spiral_softmax", 0, "1.096956", Seeds(20, 1.09814, 1.71e-3)),
        _loss("spiral_softmax", 10, "0.917265", Seeds(20, 0.91765, 5.74e-4)),
        _loss("spiral_softmax", 20, "0.851503", Seeds(20, 0.85166, 2.40e-4)),
        _loss("spiral_softmax", 40, "0.807586", Seeds(20, 0.80763, 6.43e-5)),
        _loss("spiral_softmax", 190, "0.786302", Seeds(20, 0.7863024, 1.75e-7)),
        Claim(
            quantity=Text("training accuracy", "訓練データの正解率"),
            numbers=("0.49",),
            measure=metric("spiral_softmax", "train_accuracy", 200),
            band=Tolerance(0.005, Text("half a unit of the last printed digit", "印字された最後の桁の半分")),
            seeds=Seeds(20, 0.4933, 0.0),
        ),
        Claim(
            quantity=Text(
                "loss after numpy.random.seed(0), iteration",
                "numpy.random.seed(0) からの損失、反復",
            ),
            numbers=("1.096919", "0.917310", "0.851535", "0.822352", "0.807594"),
            parts=tuple(map(str, SOFTMAX_ITERATIONS)),
            measure=objectives("spiral_softmax", SOFTMAX_ITERATIONS),
            band=SIX_DECIMALS,
        ),
    ],
    pictures=[Picture("boundary", Text("decision regions", "決定領域"), of_run("spiral_softmax", "boundary"))],
    remark=Text(
        "The page draws the initial weights later than the data, from an unknown state of the generator, so its first "
        "losses differ in the fourth or fifth decimal; the problem is convex, and the loss at iteration 190 agrees in "
        "all digits. The last five rows are what the page's code prints when it runs once from seed 0, as "
        "other courses' notebooks reprint it.",
        "ページの初期の重みは乱数の状態が不明なため、最初の損失は小数第 4〜5 位で異なります。問題は凸なので、"
        "反復 190 の損失は全桁一致します。最後の 5 行は、ページのコードをシード 0 から一度だけ実行した"
        "ときの出力で、他の講義のノートブックにも載っています。",
    ),
)

SPIRAL_NET = Experiment(
    name="spiral_net",
    title=Text("Hidden layer of 100 ReLUs on three spirals", "3 本のらせんと 100 個の ReLU の隠れ層"),
    source=SPIRAL_NOTES,
    seconds=3,
    trainings=[Training("spiral_relu")],
    claims=[
        _loss("spiral_relu", 0, "1.098744", Seeds(10, 1.098633, 7.98e-5)),
        _loss("spiral_relu", 1000, "0.294946", Seeds(10, 0.2999, 0.0207)),
        _loss("spiral_relu", 9000, "0.245292", Seeds(10, 0.24554, 1.31e-3)),
        Claim(
            quantity=Text("training accuracy", "訓練データの正解率"),
            numbers=("0.98",),
            measure=metric("spiral_relu", "train_accuracy", 10_000),
            band=SpreadOfSeeds(Seeds(10, 0.9797, 0.00367)),
        ),
    ],
    pictures=[Picture("boundary", Text("decision regions", "決定領域"), of_run("spiral_relu", "boundary"))],
)

EXPERIMENTS = (SPIRAL_SOFTMAX, SPIRAL_NET)
