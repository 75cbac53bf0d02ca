"""How a run ended, in one line."""

from collections.abc import Mapping
from typing import Any


def result_line(name: str, summary: Mapping[str, Any]) -> str:
    """A finished run in one line: its final metrics, how long it took, and how it ended."""
    parts = []
    final, best = summary["final"], summary["best"]
    if isinstance(final, dict) and isinstance(best, dict):
        if final["test_accuracy"] is not None:
            parts.append(
                f"test accuracy {final['test_accuracy']:.4f} "
                f"(best {best['test_accuracy']:.4f} at step {best['step']:,})"
            )
        parts.append(f"train accuracy {final['train_accuracy']:.4f}")
        parts.append(f"objective {final['objective']:.6f}")
    parts.append(f"{summary['steps']:,} steps in {summary['train_seconds']:.2f} s")
    return f"{name}: {', '.join(parts)}"
