"""The results as tables of RESULTS.md."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import results
from benchmarks.results import Results
from benchmarks.targets import OF_BOUND, RATIOS
from benchmarks.workloads import NAMES, question

LIBRARIES = {
    "nnlab": "nnlab",
    "torch": "PyTorch",
    "torch_compile": "torch.compile",
    "jax": "JAX",
    "keras": "Keras",
    "sklearn": "scikit-learn",
    "textbook": "textbook",
}
MODES = {"quiet": "quiet", "neighbour": "a busy neighbour", "one-core": "one core"}
NICE = {"neighbour": ("with nice 19",)}
PATH = Path(__file__).parent / "RESULTS.md"


def write_part(name: str, lines: list[str]) -> None:
    """Replace the part of RESULTS.md between its markers."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, rest = PATH.read_text(encoding="utf-8").split(start)
    after = rest.split(end)[1]
    PATH.write_text("\n".join([before + start, "", *lines, "", end + after]), encoding="utf-8")


def rows_of(found: Results, mode: str) -> dict[str, dict[str, Any]]:
    """What was measured in a mode, in the order of the workloads."""
    rows = found["modes"].get(mode, {})
    return {name: rows[name] for name in NAMES if name in rows}


def workload_lines(found: Results) -> list[str]:
    """Quiet machine: nnlab, the fastest other library and PyTorch in rounds, the bound, and the memory."""
    rows = rows_of(found, "quiet")
    lines = [
        *origin(rows.values()),
        "",
        "| workload | nnlab s | fastest other | its s | ratio (smallest to largest) | target | to PyTorch "
        "| bound s | bound / nnlab | target | peak MiB nnlab / PyTorch |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        if "pairs" not in row:
            continue
        own, other = (median(pair[i] for pair in row["pairs"]) for i in (0, 1))
        share = row["bound"] / own
        memory = [results.last(row, library, "peak_mib") for library in ("nnlab", "torch")]
        lines.append(
            f"| {name}: {question(name)} | {own:.2f} | {LIBRARIES[row['best']]} | {other:.2f} "
            f"| {spread(row['pairs'])} | {target(name, 'quiet', row)} | {to_torch(row)} "
            f"| {row['bound']:.2f} | {share:.2f} "
            f"| {judged(OF_BOUND.get(name), share, least=True)} | {memory_cell(memory)} |"
        )
    return lines


def library_lines(found: Results) -> list[str]:
    """Quiet machine: seconds, accuracy and memory of every library."""
    rows = rows_of(found, "quiet")
    shown = [key for key in LIBRARIES if any(key in row["libraries"] for row in rows.values())]
    heading = [f"| {{}} | {' | '.join(LIBRARIES[key] for key in shown)} |", "|---|" + "---|" * len(shown)]

    def table(title: str, cells: Any) -> list[str]:
        body = [f"| {name} | {' | '.join(cells(row, key) for key in shown)} |" for name, row in rows.items()]
        return [heading[0].format(title), heading[1], *body]

    def of(key: str, form: str) -> Any:
        def cell(row: dict[str, Any], library: str) -> str:
            value = results.last(row, library, key)
            return "" if value is None else format(value, form)

        return cell

    def time(row: dict[str, Any], library: str) -> str:
        value = results.seconds(row, library)
        return "" if value is None else f"{value:.2f}"

    return [
        *table("seconds", time),
        "",
        *table("accuracy", of("accuracy", ".4f")),
        "",
        *table("peak MiB", of("peak_mib", ".0f")),
        "",
        *table("busy cores", of("cores", ".2f")),
    ]


def busy_lines(found: Results) -> list[str]:
    """The ratios beside a neighbour, also one of the lowest priority, and on one core."""
    modes = [mode for mode in MODES if mode != "quiet" and rows_of(found, mode)]
    rows = [row for mode in modes for row in rows_of(found, mode).values()]
    columns = []
    for mode in modes:
        columns += [f"{MODES[mode]}: ratio (smallest to largest)", "to", "target", "to PyTorch", *NICE.get(mode, ())]
    lines = [*origin(rows), "", f"| workload | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    for name in (name for name in NAMES if any(name in rows_of(found, mode) for mode in modes)):
        cells = []
        for mode in modes:
            row = rows_of(found, mode).get(name, {})
            measured = "pairs" in row
            cells += [spread(row["pairs"]), LIBRARIES[row["best"]], target(name, mode, row)] if measured else [""] * 3
            cells.append(to_torch(row))
            cells += [spread(row["nice"]) if "nice" in row else "" for _ in NICE.get(mode, ())]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def origin(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Machine, versions, commit and number of rounds of these measurements; more than one where they differ."""
    rows = list(rows)
    counts = sorted({len(row["pairs"]) for row in rows if "pairs" in row})
    threads = sorted({row["threads"] for row in rows})
    found = list(dict.fromkeys(tuple(row["about"].values()) for row in rows))
    kernels = sorted({row["kernels"] for row in rows})
    lines = [f"Medians of {_listed(counts)} rounds; {_listed(threads)} threads for every library."]
    lines += [f"{machine}, {versions}; commit {commit}." for machine, versions, commit in found]
    return [*lines, f"OpenBLAS with its kernels for {', '.join(kernels)}."]


def spread(pairs: Sequence[Sequence[float]]) -> str:
    """The median ratio, with the smallest and the largest of the pairs."""
    smallest, middle, largest = results.ratios(pairs)
    return f"**{middle:.2f}** ({smallest:.2f} to {largest:.2f})"


def to_torch(row: dict[str, Any]) -> str:
    """The ratio to PyTorch, which may not be the fastest other library."""
    return spread(row["pairs_with_torch"]) if "pairs_with_torch" in row else ""


def target(name: str, mode: str, row: dict[str, Any]) -> str:
    """The target of a ratio, and whether it is missed."""
    return judged(RATIOS[mode][name], results.ratios(row["pairs"])[1])


def judged(target: float | None, value: float, *, least: bool = False) -> str:
    """A target, with a mark where a value misses it."""
    if target is None:
        return ""
    missed = round(value, 2) < target if least else round(value, 2) > target
    return f"{target:.2f}{' missed' if missed else ''}"


def memory_cell(memory: list[float | None]) -> str:
    """nnlab's peak memory and PyTorch's, with a mark where nnlab's is not the smaller."""
    own, torch = memory
    if own is None or torch is None:
        return ""
    return f"{own:.0f} / {torch:.0f}{'' if own < torch else ' missed'}"


def _listed(counts: list[int]) -> str:
    return " or ".join(map(str, counts)) or "no"


def versions(*packages: str) -> str:
    """The processor, the system, and the versions of these packages, where they are installed."""
    found = results.about(packages)
    return f"{found['machine']}, {found['versions']}"
