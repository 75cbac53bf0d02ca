"""Section 6.1 of the book: the paths of update rules in a valley."""

import numpy as np

from nnlab.descent.path import DescentPath
from nnlab.insight.reproduce.claims import Below, Claim, Experiment, Limits, Picture, Text
from nnlab.insight.reproduce.descents import paths_of
from nnlab.insight.reproduce.pictures import of_descent
from nnlab.insight.reproduce.sources import book

# The points that the figures show: the start and 29 updates.
POINTS = 30


def _path(rule: str) -> DescentPath:
    return next(path for path in paths_of("descent/valley") if path.label.startswith(f"{rule} "))


def crossings(rule: str) -> float:
    """How often a path crosses the floor of the valley, x1 = 0, within the points of the figure."""
    signs = np.sign(_path(rule).positions[:POINTS, 1])
    return float(np.count_nonzero(signs[1:] != signs[:-1]))


def length(rule: str) -> float:
    """The length of a path within the points of the figure."""
    return float(np.linalg.norm(np.diff(_path(rule).positions[:POINTS], axis=0), axis=1).sum())


OPTIMIZER_PATHS = Experiment(
    name="optimizer_paths",
    title=Text(
        "Paths of SGD, Momentum, AdaGrad and Adam in a valley", "谷における SGD、Momentum、AdaGrad、Adam の経路"
    ),
    source=book("6.1", "figures 6-3, 6-5, 6-6 and 6-7", "図6-3、6-5、6-6、6-7"),
    seconds=2,
    claims=[
        Claim(
            quantity=Text("SGD: crossings of the valley floor in 29 updates", "SGD：29 回の更新で谷底を横切る回数"),
            statement=Text("SGD moves in a zigzag", "SGD はジグザグに動く"),
            measure=lambda evidence: crossings("sgd"),
            band=Limits(Text("a crossing at every update", "更新のたびに横切る"), 29, 29),
        ),
        Claim(
            quantity=Text("Momentum: length of the path over that of SGD", "Momentum：経路の長さと SGD との比"),
            statement=Text("less zigzag than SGD", "SGD よりジグザグが少ない"),
            measure=lambda evidence: length("momentum") / length("sgd"),
            band=Below(Text("a shorter path", "経路が短い"), high=1),
        ),
        Claim(
            quantity=Text("AdaGrad: crossings of the valley floor", "AdaGrad：谷底を横切る回数"),
            statement=Text("moves efficiently towards the minimum", "最小値に向かって効率的に動く"),
            measure=lambda evidence: crossings("adagrad"),
            band=Limits(Text("no zigzag is drawn", "図にジグザグがない"), 0, 0),
        ),
        Claim(
            quantity=Text("Adam: crossings over those of Momentum", "Adam：横切る回数と Momentum との比"),
            statement=Text("rolls like Momentum, with smaller swings", "Momentum に似て、左右の揺れが軽減"),
            measure=lambda evidence: crossings("adam") / crossings("momentum"),
            band=Below(Text("fewer swings", "揺れが少ない"), high=1),
        ),
    ],
    pictures=[
        Picture("paths", Text("paths", "経路"), of_descent("descent/valley", "paths")),
        Picture("values", Text("value over the steps", "関数値の推移"), of_descent("descent/valley", "values")),
    ],
)
