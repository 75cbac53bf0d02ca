"""How a run ended, in one line."""

from collections.abc import Mapping
from typing import Any


def result_line(name: str, summary: Mapping[str, Any]) -> str:
    """A finished run in one line: its final metrics, how long it took, and how it ended."""
    parts = []
    final, best = summary["final"], summary["best"]
    if isinstance(final, dict) and isinstance(best, dict):
        held_out = [f"{part}_accuracy" for part in ("validation", "test") if final.get(f"{part}_accuracy") is not None]
        for key in held_out:
            chosen = key == held_out[0] and best.get(key) is not None
            chosen_by = f" (best {best[key]:.4f} at step {best['step']:,})" if chosen else ""
            parts.append(f"{key.replace('_', ' ')} {final[key]:.4f}{chosen_by}")
        if final["train_accuracy"] is not None:
            parts.append(f"train accuracy {final['train_accuracy']:.4f}")
        if final["objective"] is not None:
            objective = final["objective"]
            parts.append(f"objective {objective:{'.6f' if abs(objective) < 1e9 else '.6g'}}")
    parts.append(f"{summary['steps']:,} steps in {summary['train_seconds']:.2f} s")
    return f"{name}: {', '.join(parts)}"
