"""Models by name; the module of a model is imported when its name is first looked up."""

COMPONENTS = {
    "alexnet": ("alexnet",),
    "convnet": ("convnet",),
    "mlp": ("mlp", "softmax"),
    "recurrent": ("recurrent",),
    "resnet_mini": ("resnet_mini",),
    "sequential": ("sequential",),
}
"""The modules that register components, in the order of ``nnlab list``, with the names of these."""
