"""What happens when a hyper-parameter that is a number is raised or lowered."""

from collections.abc import Mapping

Effect = tuple[str, str]
"""Raised, and lowered."""

# By key, or by component and key where the key alone has another effect.
EFFECTS: Mapping[str, Effect] = {
    # optimizers
    "lr": ("faster, until the loss oscillates or diverges", "steadier, but slower; too low: hardly any progress"),
    "momentum": ("smoother and faster along a valley, but overshoots", "follows each gradient; 0 is sgd"),
    "batch_norm.momentum": (
        "running averages change slowly and are smoother",
        "running averages follow the last batches and are noisier",
    ),
    "beta1": ("a smoother direction, which reacts later", "follows each gradient"),
    "beta2": ("steadier step sizes, which react later", "step sizes follow the last gradients; more noise"),
    "lion.beta2": ("a momentum with a longer memory", "a momentum that follows the last gradients"),
    "decay": ("a longer memory: steadier step sizes", "a shorter memory: step sizes follow the last gradients"),
    "exponential.decay": ("the learning rate falls more slowly; 1: not at all", "the learning rate falls faster"),
    "eps": (
        "less difference between the step sizes of the weights",
        "as good as no effect, until tiny gradients make large steps",
    ),
    "batch_norm.eps": ("features of small variance stay small", "noise in nearly constant features is enlarged"),
    "layer_norm.eps": ("samples of small variance stay small", "noise in nearly constant samples is enlarged"),
    "group_norm.eps": ("groups of small variance stay small", "noise in nearly constant groups is enlarged"),
    "instance_norm.eps": ("channels of small variance stay small", "noise in nearly constant channels is enlarged"),
    "adadelta.eps": ("larger first steps", "smaller first steps, a slow start"),
    "weight_decay": ("smaller weights: less overfitting, later underfitting", "weights are free to grow; 0: no decay"),
    # schedules and stopping
    "every": ("fewer reductions", "more reductions"),
    "factor": ("a smaller reduction; 1: none", "a larger reduction"),
    "halving.factor": ("fewer points survive each rung: cheaper, but riskier", "more points train on: costs more"),
    "upsample.factor": ("larger images", "smaller images; 1: unchanged"),
    "final": ("a higher learning rate at the end", "a lower learning rate at the end; 0: it ends at 0"),
    "minimum": ("the learning rate stays higher", "the learning rate may fall further"),
    "steps": ("a longer, gentler start", "a shorter start"),
    "patience": ("waits longer: costs time, but survives noise", "reacts sooner, perhaps to noise"),
    "minimum_change": ("small improvements no longer count", "every improvement counts"),
    # layers
    "units": ("more capacity and more parameters; overfits more easily", "less capacity; underfits sooner"),
    "embedding.units": ("richer vectors, more parameters", "poorer vectors, fewer parameters"),
    "filters": ("more features, more parameters and time", "fewer features, faster"),
    "kernel": ("sees more of the image at once; more parameters", "sees details only; fewer parameters"),
    "conv1d.kernel": ("sees more of the sequence at once; more parameters", "sees details only; fewer parameters"),
    "stride": ("a smaller output, less time", "a larger output, more time"),
    "text.stride": ("fewer training samples, which overlap less", "more training samples, which overlap more"),
    "padding": ("a larger output; the border counts more", "a smaller output"),
    "dilation": ("sees further with the same weights, but with gaps", "1: no gaps"),
    "groups": ("fewer parameters; channels are mixed less", "1: every filter sees all channels"),
    "group_norm.groups": ("smaller groups; one channel each: instance_norm", "larger groups; 1: means of layer_norm"),
    "size": ("a smaller output, coarser", "a larger output, finer; 1: unchanged"),
    "lrn.size": ("more channels compete", "fewer channels compete"),
    "cutout.size": ("more of the image is hidden", "less of the image is hidden"),
    "rate": ("less overfitting, slower learning; too high: underfits", "less effect; 0: none"),
    "slope": ("closer to linear; negative inputs pass more gradient", "closer to relu"),
    "elu.alpha": ("negative outputs reach further down", "closer to relu"),
    "lrn.alpha": ("stronger competition", "weaker competition"),
    "lrn.beta": ("stronger competition", "weaker competition"),
    "lrn.k": ("weaker competition", "stronger competition"),
    "beta": ("closer to relu", "closer to linear; 0: x/2"),
    "tokens": ("rows for more tokens", "fewer rows; tokens of the data must fit"),
    "forget_bias": ("the cell remembers longer at the start of training", "the cell forgets sooner"),
    "strength": ("less overfitting, later underfitting", "less effect; 0: none"),
    "brightness.strength": ("stronger changes", "weaker changes; 0: none"),
    "contrast.strength": ("stronger changes", "weaker changes; 0: none"),
    "l1": ("more weights become 0; less overfitting", "less effect; 0: none"),
    "l2": ("smaller weights; less overfitting, later underfitting", "less effect; 0: none"),
    # initialisers
    "std": (
        "larger activations at first; sigmoid and tanh saturate, relu explodes",
        "smaller activations at first; gradients vanish in deep networks",
    ),
    "gain": ("larger activations from layer to layer", "smaller activations from layer to layer"),
    # losses and metrics
    "smoothing": ("less confident probabilities; less overfitting", "closer to the labels; 0: the labels alone"),
    "delta": ("closer to the squared loss; outliers count more", "closer to the absolute loss; outliers count less"),
    "k": ("easier: higher values", "stricter; 1: the accuracy"),
    # models
    "blocks": ("a deeper network: more capacity and time", "a shallower network"),
    "layers": ("a deeper network: more capacity, harder to train", "a shallower network"),
    "hidden": ("more capacity and more parameters; overfits more easily", "less capacity; underfits sooner"),
    "dropout": ("less overfitting, slower learning; too high: underfits", "less effect; 0: none"),
    "embedding": ("richer vectors, more parameters", "poorer vectors, fewer parameters"),
    "upsample": ("larger images, much more time", "smaller images"),
    # augmentations
    "pixels": ("stronger changes", "weaker changes; 0: none"),
    "degrees": ("stronger changes", "weaker changes; 0: none"),
    "probability": ("more images are changed", "fewer images are changed; 0: none"),
    # data
    "train_size": ("more samples: less overfitting, longer epochs", "fewer samples: faster, overfits more easily"),
    "test_size": ("a more exact test result", "a faster, noisier test result"),
    "validation": ("a more exact validation result, fewer samples to train on", "more samples to train on"),
    "folds": ("more trainings, each on more samples", "fewer trainings, each on fewer samples"),
    "test_split": ("a more exact test result, fewer samples to train on", "more samples to train on"),
    "noise": ("harder to learn; classes overlap more", "easier to learn; 0: none"),
    "points": ("more samples: less overfitting", "fewer samples: overfits more easily"),
    "test_points": ("a more exact test result", "a noisier test result; 0: no test set"),
    "samples": ("more samples: less overfitting", "fewer samples: overfits more easily"),
    "test_samples": ("a more exact test result", "a noisier test result; 0: no test set"),
    "classes": ("harder: more arms side by side", "easier"),
    "bits": ("longer sequences: harder", "shorter sequences: easier"),
    "length": ("longer sequences: gradients pass more steps", "shorter sequences: easier, less context"),
    "period": ("a slower wave", "a faster wave"),
    "periods": ("a curve with more waves: harder", "a smoother curve: easier"),
    "channels": ("colour", "grey"),
    "skip_rows": ("more lines at the top are skipped", "fewer lines are skipped"),
    "label_offset": ("labels are counted from a higher number", "labels are counted from a lower number"),
    # searches
    "trials": ("more points: better results, more time", "fewer points: faster, may miss the best"),
    "batch": ("more points in parallel, which know fewer results", "points know more results, less parallel"),
    "min_steps": ("selects later, from better evidence", "selects earlier, from noisier evidence"),
    # the training
    "iterations": ("trains longer: better fit, later overfitting", "trains shorter"),
    "epochs": ("trains longer: better fit, later overfitting", "trains shorter"),
    "batch_size": (
        "smoother gradients, fewer updates an epoch; more memory",
        "noisier gradients, more updates an epoch",
    ),
    "eval_every": ("fewer points in the curves, less time", "more points in the curves, more time"),
    "clip_norm": ("rarely clips", "shortens more gradients: steadier, but slower"),
    "clip_value": ("rarely clips", "cuts more gradients: steadier, but slower, and in another direction"),
    "ema": ("an average over more updates: smoother, but later", "closer to the last weights"),
    "accumulate": ("larger batches for the same memory, fewer updates", "smaller batches, more updates"),
    "snapshots": ("more frames of an animation", "fewer frames; 0: none"),
    "checkpoint_every": ("less is written; more is lost when interrupted", "more is written; less is lost"),
    "eval_train": ("a more exact training result, more time", "a faster, noisier training result"),
    "threads": ("faster where there are cores", "leaves cores to others"),
    "shards": ("faster on several cores for large networks", "1: no data parallelism"),
}


def effect_of(component: str, key: str) -> Effect:
    """What a higher and a lower value of a component's key do; empty where neither is known."""
    return EFFECTS.get(f"{component}.{key}") or EFFECTS.get(key, ("", ""))
