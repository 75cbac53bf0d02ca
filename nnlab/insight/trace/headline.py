"""What a trace says first and last: of which step it is, and what it was compared with."""

from nnlab.insight.trace.numbers import number
from nnlab.insight.trace.sections import Phase, Section, Trace
from nnlab.language import in_language


def phase_name(section: Section) -> str:
    """The name of a section's phase for its heading; empty where its title says it."""
    names: dict[Phase, str] = {
        "forward": in_language("forward", "順伝播"),
        "backward": in_language("backward", "逆伝播"),
        "update": in_language("update", "更新") if section.layer else "",
    }
    return names.get(section.phase, "")


def headline(trace: Trace, digits: int) -> list[str]:
    """Spec or run, step, precision and the objective."""
    first = in_language(
        f"{trace.name} ({trace.source}): step {trace.step} of {trace.iterations}, {trace.dtype}, "
        f"{trace.parameters:,} parameters",
        f"{trace.name} ({trace.source}): ステップ {trace.step} / {trace.iterations}、{trace.dtype}、"
        f"パラメータ {trace.parameters:,} 個",
    )
    lines = [first]
    if trace.sample is not None:
        lines.append(
            in_language(
                f"row {trace.sample} of the batch (rows count from 0); gradients of parameters are of the whole batch",
                f"バッチの行 {trace.sample} (0 から)。パラメータの勾配はバッチ全体のもの",
            )
        )
    if trace.objective is not None:
        text = in_language("objective (loss with penalties)", "目的関数 (正則化を含む損失)")
        lines.append(f"{text}: {number(trace.objective, digits)}")
    return [*lines, *trace.notes]


def comparison(trace: Trace) -> list[str]:
    """What the trace was compared with, and how far it is from that."""
    lines = []
    if trace.agreement is not None:
        lines.append(
            in_language(
                f"largest relative difference from nnlab/textbook in float64: {trace.agreement:.1e}",
                f"nnlab/textbook (float64) との最大相対誤差: {trace.agreement:.1e}",
            )
        )
    if trace.recorded is not None and trace.objective is not None:
        if trace.recorded == trace.objective:
            said = in_language("the same, to the last digit", "最後の桁まで一致")
        else:
            said = in_language(
                f"{number(trace.objective, 17)} here: data, versions or code have changed since",
                f"ここでは {number(trace.objective, 17)}。データ、バージョン、コードのいずれかが変わった",
            )
        recorded = number(trace.recorded, 17)
        lines.append(
            in_language(
                f"loss of step {trace.step} in steps.csv of the run: {recorded}; {said}",
                f"実行の steps.csv のステップ {trace.step} の損失: {recorded}; {said}",
            )
        )
    if trace.failure:
        lines.append(in_language(f"the step failed: {trace.failure}", f"このステップは失敗した: {trace.failure}"))
    return lines
