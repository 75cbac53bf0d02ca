"""Workers that train trials in this process, one after the other."""

from concurrent.futures import Future

from nnlab.sweeps.trial import TrialOutcome, TrialTask, run_trial


class InlineWorkers:
    """Train each trial when it is submitted; starting a process takes longer than the training of a test."""

    run_trial = staticmethod(run_trial)

    def __init__(self, slots: int) -> None:
        self.slots = slots

    def submit(self, task: TrialTask) -> "Future[TrialOutcome]":
        future: Future[TrialOutcome] = Future()
        future.set_result(self.run_trial(task, lambda: False))
        return future

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass
