"""What is good enough: the largest ratio of nnlab's time to that of the fastest other library, by workload and mode."""

QUIET = {
    "spiral": 0.35,
    "two_layer": 0.50,
    "adam": 0.50,
    "deep": 0.60,
    "wide": 0.80,
    "convnet": 0.50,
    "cifar": 0.75,
    "batchnorm": 0.55,
    "alexnet": 0.80,
}
BUSY = {
    "spiral": 0.50,
    "two_layer": 0.65,
    "adam": 0.65,
    "deep": 0.75,
    "wide": 0.90,
    "convnet": 0.65,
    "cifar": 0.90,
    "batchnorm": 0.70,
    "alexnet": 0.95,
}
RATIOS = {"quiet": QUIET, "neighbour": BUSY, "one-core": BUSY}
# The smallest share of nnlab's time that the matrix products alone would take.
OF_BOUND = {"wide": 0.55, "cifar": 0.45, "convnet": 0.25}
