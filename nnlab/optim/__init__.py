"""Optimizers, schedules and early stopping by name; a module is imported when a name of it is first looked up."""

COMPONENTS = {
    "adadelta": ("adadelta",),
    "adagrad": ("adagrad",),
    "adam": ("adam",),
    "adamax": ("adamax",),
    "adamw": ("adamw",),
    "amsgrad": ("amsgrad",),
    "lion": ("lion",),
    "momentum": ("momentum",),
    "nadam": ("nadam",),
    "nesterov": ("nesterov",),
    "rmsprop": ("rmsprop",),
    "sgd": ("sgd",),
    "schedules": ("constant", "step", "exponential", "cosine", "plateau", "warmup"),
    "early_stopping": ("early_stopping",),
}
"""The modules that register components, in the order of ``nnlab list``, with the names of these."""
