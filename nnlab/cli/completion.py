"""What the shell offers when the tab key is pressed."""

KINDS = (
    "spec",
    "descent",
    "dataset",
    "augmentation",
    "model",
    "layer",
    "activation",
    "initialiser",
    "loss",
    "penalty",
    "optimizer",
    "schedule",
    "control",
    "function",
)
DESCENT_PICTURES = ("field", "paths", "values")
PICTURES = ("accuracy", "loss", "gradients", "activations", "boundary", "confusion", "mistakes", "weights")


def complete_kind(incomplete: str) -> list[str]:
    """Kinds of components."""
    return [kind for kind in KINDS if kind.startswith(incomplete)]


def complete_dataset(incomplete: str) -> list[str]:
    """Names of datasets."""
    from nnlab.registry import datasets

    return [name for name in datasets.names() if name.startswith(incomplete)]


def complete_checked(incomplete: str) -> list[str]:
    """Names of components whose gradients can be checked."""
    from nnlab.registry import layers, losses, penalties

    names = [name for registry in (layers, losses, penalties) for name in registry.names()]
    return [name for name in names if name.startswith(incomplete)]


def complete_picture(incomplete: str) -> list[str]:
    """Kinds of pictures of a run or a descent."""
    return [kind for kind in (*PICTURES, *DESCENT_PICTURES) if kind.startswith(incomplete)]


def complete_override(incomplete: str) -> list[str]:
    """``key=`` for the keys of a spec, and ``key=name`` where a registered name is wanted."""
    from nnlab.spec.keys import spec_keys

    return [text for text in spec_keys() if text.startswith(incomplete)]
