"""Steps per second from the times at which a file grew."""

import pytest

from nnlab.insight.watch.pace import Pace


def test_speed_is_that_of_the_growth() -> None:
    pace = Pace()
    assert pace.empty
    assert pace.per_second is None
    pace.see(100.0, 0)
    pace.see(102.0, 1000)
    pace.see(102.0, 1000)  # a look at an unchanged file
    pace.see(106.0, 2000)
    assert pace.per_second == pytest.approx(2000 / 6)
    assert pace.longest_pause == 4


def test_what_is_more_than_a_minute_ago_does_not_count() -> None:
    pace = Pace()
    for second in range(200):
        pace.see(float(second), second * (1 if second < 100 else 10))
    assert pace.per_second == pytest.approx(10)


def test_rare_growth_still_has_a_speed() -> None:
    pace = Pace()
    for bundle in range(4):
        pace.see(500.0 * bundle, 1000 * bundle)
    assert pace.per_second == 2


def test_a_resumed_run_starts_a_new_count() -> None:
    pace = Pace()
    pace.see(0.0, 900)
    pace.see(1.0, 1000)
    pace.see(10.0, 500)
    assert pace.per_second is None
    pace.see(11.0, 520)
    assert pace.per_second == 20
