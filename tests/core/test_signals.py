import os
import signal
import threading

import pytest

from nnlab.core.signals import SIGNALS, stop_on_signal
from nnlab.errors import Interrupted


@pytest.mark.parametrize("number", SIGNALS)
def test_second_signal_stops_at_once(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_on_signal() as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
        assert stop.signal == number
        with pytest.raises(Interrupted) as ended:
            os.kill(os.getpid(), number)
    assert ended.value.exit_code == 128 + number
    assert signal.getsignal(number) is before


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_nohup_ignores_sighup() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_on_signal() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_signals_outside_the_main_thread() -> None:
    found = []

    def work() -> None:
        with stop_on_signal() as stop:
            found.append((stop(), signal.getsignal(signal.SIGINT)))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(False, before)]
