"""The sections of a step's loss."""

import numpy as np

from nnlab import textbook
from nnlab.core.arrays import Array
from nnlab.engine.run_setup import RunSetup
from nnlab.insight.trace.agreement import difference
from nnlab.insight.trace.formulas import formulas, gradient_formulas, sentence, textbook_code
from nnlab.insight.trace.recorder import StepRecord
from nnlab.insight.trace.sections import Section
from nnlab.insight.trace.tensors import Tensor, sample_axes
from nnlab.language import in_language
from nnlab.losses import rows
from nnlab.models.textbook_twins import twin_of_loss
from nnlab.registry import registered_name


def loss_sections(record: StepRecord, setup: RunSetup) -> tuple[Section | None, Section | None]:
    """The loss of the scores, and the gradient that backward starts from; None for what was not computed."""
    if record.scores is None:
        return None, None
    loss = setup.experiment.loss.for_classes(setup.dataset.class_counts)
    scores, targets = record.scores, record.targets[record.samples]
    flat_scores, flat_targets = rows(scores, targets)
    per_row = loss.per_sample(flat_scores, flat_targets).reshape(scores.shape[:-1])
    axes = sample_axes(scores.shape[1:], classes=True)
    tensors = [
        Tensor(
            "x",
            in_language("scores: output of the last layer", "スコア: 最後の層の出力"),
            scores,
            axes,
            True,
            repeated=True,
        ),
        target_tensor(targets),
    ]
    if loss.softmax:
        p = textbook.Softmax().forward(scores.astype(np.float64))
        tensors.append(Tensor("p", in_language("softmax of the scores", "スコアのソフトマックス"), p, axes, True))
    about = in_language("loss of each row; L is their mean", "各行の損失。L はその平均")
    tensors.append(Tensor("losses", about, per_row, axes[:-1], True))
    twin = _loss_twin(setup)
    agreement = gradient_agreement = None
    if twin is not None:
        value = twin.forward(flat_scores.astype(np.float64), flat_targets)
        agreement = difference([(record.data_loss, value)])
        gradient_agreement = difference([(record.dscores, twin.backward())])
    numbers = [(in_language("loss L", "損失 L"), record.data_loss or 0.0)] if record.data_loss is not None else []
    if record.activity_penalty:
        numbers.append((in_language("activity penalty", "活性正則化"), record.activity_penalty))
    notes = []
    if scores.ndim > 2:
        M = len(flat_scores)
        notes.append(
            in_language(f"N of the formula counts all predictions, N·T = {M}", f"式の N は予測の総数 N·T = {M}")
        )
    name = registered_name(loss)
    forward = Section(
        "loss",
        in_language("Loss", "損失") + f": {name}",
        kind=name,
        about=sentence(loss),
        formulas=formulas(loss),
        code=textbook_code(twin, "forward") if twin else (),
        tensors=tensors,
        numbers=numbers,
        notes=notes,
        agreement=agreement,
    )
    if record.dscores is None:
        return forward, None
    dx = Tensor("dx", in_language("∂L/∂scores", "∂L/∂スコア"), record.dscores.reshape(scores.shape), axes, True)
    return (
        forward,
        Section(
            "backward",
            in_language("Loss", "損失") + f": {name}",
            kind=name,
            formulas=gradient_formulas(loss),
            code=textbook_code(twin, "backward") if twin else (),
            tensors=[dx],
            agreement=gradient_agreement,
        ),
    )


def _loss_twin(setup: RunSetup) -> textbook.Loss | None:
    try:
        return twin_of_loss(setup.experiment.loss, setup.dataset.class_counts)
    except KeyError:
        return None


def target_tensor(targets: Array) -> Tensor:
    """The classes (N,) or (N, T), called label, or the numbers t (N, K) or (N, T, K)."""
    if targets.dtype.kind != "f":
        return Tensor("label", in_language("classes", "正解のクラス"), targets, ("N", "T")[: targets.ndim], True)
    axes = ("N", "K") if targets.ndim < 3 else ("N", "T", "K")
    return Tensor("t", in_language("targets", "目標値"), targets, axes[: targets.ndim], True)
