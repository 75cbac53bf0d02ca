"""A chart of characters with its axes."""

import numpy as np
import pytest

from nnlab.insight.watch.chart import Chart, Series, draw, is_log

STEPS = np.arange(0.0, 101)


def chart(values: np.ndarray, *, log: bool | None = False, title: str = "loss") -> Chart:
    return Chart(title, [Series("train", STEPS[: len(values)], values, "cyan", newest="0.5")], 100, log)


def plain(chart: Chart, width: int, height: int, **how: bool) -> list[str]:
    return [line.plain for line in draw(chart, width, height, **how)]


def test_a_chart_fills_its_width_and_height() -> None:
    for width, height in ((20, 4), (39, 16), (58, 9)):
        lines = plain(chart(STEPS), width, height)
        assert len(lines) == height
        assert {len(line) for line in lines} == {width}


def test_axes_name_their_ends_and_the_middle() -> None:
    lines = plain(chart(STEPS), 30, 11)
    assert lines[0].startswith("loss  ── train 0.5")
    assert lines[1].startswith("100│")
    assert lines[5].startswith(" 50│")
    assert lines[9].startswith("  0│⡠")
    assert lines[10].startswith("   └0 ─")
    assert lines[10].endswith("─ 100")


def test_the_legend_is_shortened_to_fit() -> None:
    assert plain(chart(STEPS), 16, 4)[0].rstrip() == "loss  ── train"
    assert plain(chart(STEPS), 12, 4)[0].rstrip() == "loss  train"
    assert plain(chart(STEPS), 10, 4)[0].rstrip() == "loss"


def test_a_logarithmic_axis_is_named_and_needs_positive_values() -> None:
    exponential = 10.0 ** (STEPS / 25)
    assert is_log(chart(exponential, log=None))
    assert not is_log(chart(exponential - 1, log=True))
    assert not is_log(chart(1 + STEPS / 100, log=None))
    lines = plain(chart(exponential, log=True), 40, 11)
    assert "(log)" in lines[0]
    assert lines[5].startswith("  100│")


@pytest.mark.parametrize("values", [np.full(5, 2.0), np.zeros(5), np.zeros(0), np.array([1e99, -1e99])])
def test_constant_missing_and_enormous_values(values: np.ndarray) -> None:
    assert len(plain(chart(values), 30, 6)) == 6


def test_ascii_only() -> None:
    assert all(line.isascii() for line in plain(chart(STEPS), 40, 8, plain=True))
