"""Datasets by name; the module of a dataset is imported when its name is first looked up."""

COMPONENTS = {
    "sources.binary_addition": ("binary_addition",),
    "sources.cifar10": ("cifar10",),
    "sources.embedded": ("iris", "wine", "breast_cancer", "auto_mpg", "digits"),
    "sources.idx": ("idx",),
    "sources.fashion_mnist": ("fashion_mnist",),
    "sources.images": ("images",),
    "sources.latch": ("latch",),
    "sources.mnist": ("mnist",),
    "sources.sine_sequence": ("sine_sequence",),
    "sources.table": ("table",),
    "sources.text": ("text",),
    "sources.toy": ("spiral", "moons", "xor"),
    "sources.toy_regression": ("sine", "peaks"),
}
"""The modules that register components, in the order of ``nnlab list``, with the names of these."""
