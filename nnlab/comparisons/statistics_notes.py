"""What stands below the verdicts of a comparison: how they were computed, and what they leave open."""

from collections.abc import Mapping
from typing import Any

from nnlab.comparisons.cells import column_words
from nnlab.comparisons.comparison import Comparison
from nnlab.comparisons.sample_size import fewest_pairs
from nnlab.comparisons.seeds import samples_of, standard_errors
from nnlab.language import in_language, tr
from nnlab.text import one_line

SIX_SEEDS = f"-s seed=0..{fewest_pairs() - 1}"


def common_advice(document: Mapping[str, Any]) -> str:
    """The advice that all verdicts share; empty where they differ, or there is one verdict only."""
    advices = {str(one["advice"]) for one in document["against"]}
    return next(iter(advices)) if len(advices) == 1 and len(document["against"]) > 1 else ""


def statistics_title(column: str, best: str) -> str:
    """The line above the verdicts."""
    words = column_words(column)
    return in_language(
        f"{words} of {best} against the others, runs paired on seeds:",
        f"{words}：{best} と他の設定との差（同じシードの実験を対にする）",
    )


def statistics_notes(document: Mapping[str, Any], note: str = "") -> list[str]:
    """Advice that holds for all verdicts, how numbers were computed, a further ``note``, rows without a partner.

    ``document`` is as :func:`nnlab.comparisons.verdicts.as_document` gives it.
    """
    advice = common_advice(document)
    notes = [one_line(advice, 500)] if advice else []
    if any(one["low"] is not None for one in document["against"]):
        pairs = document["comparisons"]
        corrected = in_language(f", corrected for {pairs:,} pairs (Holm)", f"（Holm 法で {pairs:,} 組に補正）")
        how = in_language(
            "95 % intervals: BCa bootstrap; p: sign-flip test", "95 % 区間：BCa ブートストラップ、p：符号反転検定"
        )
        notes.append(how + corrected * (pairs > 1))
    notes += [note] if note else []
    if unpaired := len(document["unpaired"]):
        rows = "1 has" if unpaired == 1 else f"{unpaired} have"
        notes.append(
            in_language(
                f"not paired: {rows} fewer than two seeds in common with it; train each with {SIX_SEEDS}",
                f"対応なし：{unpaired} 件は共通のシードが 2 個未満（それぞれ {SIX_SEEDS} で訓練）",
            )
        )
    return notes


def sampling_error(comparison: Comparison) -> str:
    """The standard error of the best row's accuracy that follows from the number of its samples; empty without one."""
    if comparison.statistics is None:
        return ""
    column = comparison.statistics.column
    best = comparison.entries[comparison.statistics.found.best]
    error = standard_errors(best).get(column)
    if error is None:
        return ""
    split = column.partition("_")[0]
    count, points = f"{samples_of(best.runs[0])[split]:,}", f"{100 * error:.2f}"
    return in_language(
        f"standard error of one run from {count} {split} samples: {points} points",
        f"{tr(split)}データ {count} 件による 1 回の実験の標準誤差：{points} ポイント",
    )


def no_seeds_in_common(comparison: Comparison) -> str:
    """What entries averaged over seeds lack where no two of them share seeds; empty where they do."""
    if comparison.statistics or sum(len(entry.runs) > 1 for entry in comparison.entries) < 2:
        return ""
    return in_language(
        f"no seeds in common; train each with {SIX_SEEDS} (nnlab sweep) to compare them",
        f"共通のシードがありません。比較するにはそれぞれ {SIX_SEEDS} で訓練します（nnlab sweep）",
    )
