"""Which trial is trained when: ask the search, train its batch, tell it the results."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from nnlab.core.threads import available_cores
from nnlab.errors import RunError, UsageError
from nnlab.language import tr
from nnlab.records.sweep_folder import SweepFolder, trial_row
from nnlab.records.sweep_points import best_entry
from nnlab.records.sweep_table import TrialRow, read_trials
from nnlab.search.base import Request
from nnlab.storage.layout import SUMMARY_FILE, SWEEP_FILE, TRIALS_FILE
from nnlab.sweeps.plan import Plan
from nnlab.sweeps.progress import Progress, SweepReporter, duration, trial_line
from nnlab.sweeps.trial import TrialOutcome, TrialTask, Workers
from nnlab.sweeps.trials import Trial, point_result

MOST_TRIES = 3
"""How often a trial is started whose worker dies; then it has failed."""

SECONDS_BETWEEN_TABLES = 1.0
SHARE_OF_TABLES = 0.05
"""At most about this share of the time goes to writing tables, however many trials there are."""

WORTH_TELLING = 5.0
"""After how many seconds a user wants to know how long a sweep will take."""
SECONDS_BETWEEN_LOOKS = 0.1


@dataclass
class Scheduler:
    """Trains the trials of a sweep; what is trained does not depend on which trial ends first.

    ``retry_failed`` trains trials again that failed in an earlier session.
    """

    plan: Plan
    folder: SweepFolder
    workers: Workers
    reporter: SweepReporter
    fail_fast: bool = False
    retry_failed: bool = False
    allow_drift: bool = False
    trials: dict[int, Trial] = field(default_factory=dict)
    complete: bool = False  # nothing is left to do

    def __post_init__(self) -> None:
        goal = self.plan.sweep.goal
        self._goal = goal.column if goal else None
        self._maximize = goal is not None and goal.maximize
        self._threads = max(1, available_cores() // self.workers.slots)
        self._results: SimpleQueue[Future[TrialOutcome]] = SimpleQueue()
        self._stopping = False
        self._next_table = 0.0
        self._unwritten = False
        self._recorded: dict[int, TrialRow] = {}
        self.progress = Progress(self.plan.trials, self.workers.slots, lambda: self.rows, goal=self._goal)

    @property
    def rows(self) -> list[TrialRow]:
        """The rows of trials.csv; those of an earlier session that the search has not asked for again are kept."""
        rows = self._recorded | {number: trial.row for number, trial in self.trials.items()}
        return [rows[number] for number in sorted(rows)]

    def best(self) -> dict[str, Any] | None:
        """The best point, as the summary names it."""
        return best_entry(self.rows, self._goal, maximize=self._maximize)

    def run(self, stop: Callable[[], bool]) -> None:
        """Train until the search ends, ``stop`` is true, or with ``fail_fast`` a trial fails."""
        self._recorded = self._read_rows()
        sweep = self.plan.sweep
        proposer = self.plan.start({sweep.point_of(number): row.settings for number, row in self._recorded.items()})
        while requests := proposer.ask():
            batch = [(request, self._trials_of(request)) for request in requests]
            todo = [trial for request, trials in batch for trial in trials if self._is_wanted(trial, request)]
            self.reporter.show(self.progress)
            if todo:
                self._write()
                if not self._train(todo, stop):
                    return
            proposer.tell([point_result(self.folder, request, trials, self._goal) for request, trials in batch])
        for trial in self.trials.values():
            if trial.row.status == "interrupted":
                trial.row = replace(trial.row, status="stopped")
        self.complete = True
        self.reporter.show(self.progress)

    def _read_rows(self) -> dict[int, TrialRow]:
        """The trials of an earlier session, by number; trials.csv is written before a batch is trained."""
        path = self.folder.path / TRIALS_FILE
        if not path.exists():
            return {}
        try:
            _, rows = read_trials(path, self.folder.columns.keys, self._goal)
        except RunError as error:
            self.reporter.say(f"{error}; the table is rebuilt from the trials")
            return {}
        return {row.number: row for row in rows if row.number <= self.plan.trials}

    def _trials_of(self, request: Request) -> list[Trial]:
        """The trials of a point, one for each seed."""
        sweep = self.plan.sweep
        found = []
        for offset in range(sweep.seeds):
            number = sweep.trial_number(request.point, offset)
            if number not in self.trials:
                seed = sweep.seed_of(request.settings, offset) if sweep.seeds > 1 else None
                row = trial_row(
                    self.folder.path,
                    TrialRow(number, "waiting", request.settings, seed),
                    spec_sha256=self._sha256_of(number, request, offset),
                )
                self.trials[number] = Trial(request, offset, row)
            self.trials[number].request = request
            found.append(self.trials[number])
        return found

    def _sha256_of(self, number: int, request: Request, offset: int) -> str | None:
        """The spec that the run of an earlier session must have; None without a run, or where drift is allowed."""
        if self.allow_drift or not (self.folder.trial(number) / SUMMARY_FILE).exists():
            return None
        return self.plan.sweep.experiment(request.settings, offset).sha256()

    def _is_wanted(self, trial: Trial, request: Request) -> bool:
        if trial.has_reached(request.until):
            return False
        failed_before = trial.row.status == "failed" and not trial.message
        return trial.row.status != "failed" or (failed_before and self.retry_failed)

    def _train(self, todo: Sequence[Trial], stop: Callable[[], bool]) -> bool:
        """Train a batch; False where the sweep was stopped before its end."""
        waiting, running = deque(todo), 0
        for trial in todo:
            trial.tries = 0
        while running or (waiting and not self._stopping):
            if stop() and not self._stopping:
                self._stop()
            while waiting and running < 2 * self.workers.slots and not self._stopping:
                running += self._submit(waiting.popleft())
            self.progress.running = min(running, self.workers.slots)
            self.reporter.show(self.progress)
            try:
                outcome = self._results.get(timeout=SECONDS_BETWEEN_LOOKS).result()
            except Empty:
                continue
            running -= 1
            if outcome.status == "failed" and not (self.folder.path / SWEEP_FILE).exists():
                self._stop()
                raise RunError(
                    f"{self.folder.path}: was renamed or removed while the sweep was running; "
                    "if it was renamed, nnlab sweep --resume resumes it under its new name"
                )
            trial = self.trials[outcome.number]
            if self._has_ended(trial, outcome):
                self._report(trial)
            else:
                waiting.appendleft(trial)
            if monotonic() > self._next_table:
                self._write()
        self.progress.running = 0
        return not self._stopping

    def _submit(self, trial: Trial) -> bool:
        """Hand a trial to the workers; False where it cannot be trained."""
        try:
            experiment = self.plan.sweep.experiment(trial.request.settings, trial.offset)
        except UsageError as error:  # of a point that the search could not know at the start
            self._fail(trial, str(error))
            self._report(trial)
            return False
        trial.tries += 1
        folder, until = self.folder.trial(trial.number), trial.request.until
        task = TrialTask(trial.number, experiment, folder, self._threads, until, self.allow_drift)
        self.workers.submit(task).add_done_callback(self._results.put)
        return True

    def _has_ended(self, trial: Trial, outcome: TrialOutcome) -> bool:
        """Note how a trial ended; False where it is to be started again."""
        if outcome.status == "waiting":
            trial.tries -= 1
            return False
        try:
            trial.reload(self.folder)
            if outcome.status == "failed":
                self._fail(trial, outcome.message)
            elif not trial.has_reached(trial.request.until):  # its worker died, or a signal reached it alone
                if self._stopping or trial.tries < MOST_TRIES:
                    return False
                self._fail(trial, f"{outcome.message}, {MOST_TRIES} times")
            else:
                self._time(trial)
        except RunError as error:
            self._fail(trial, str(error))
        return True

    def _fail(self, trial: Trial, message: str) -> None:
        trial.fail(message or "failed")
        if self.fail_fast:
            self._stop()

    def _stop(self) -> None:
        self._stopping = True
        self.workers.stop()

    def _report(self, trial: Trial) -> None:
        line = trial_line(trial.row, self.plan.trials, self._goal, trial.message)
        (self.reporter.say if trial.row.status == "failed" else self.reporter.trial)(line)
        self.progress.best = self._best_with(trial)

    def _time(self, trial: Trial) -> None:
        first = self.progress.seconds_left is None
        self.progress.took(trial.train_seconds(self.folder))
        if first and (left := self.progress.seconds_left or 0) >= WORTH_TELLING:
            self.reporter.say(tr("about {time} left", time=duration(left)))

    def _best_with(self, trial: Trial) -> tuple[int, float] | None:
        """The best goal so far, with that of the point of a trial if all of its seeds have ended."""
        best, request = self.progress.best, trial.request
        value = point_result(
            self.folder, Request(request.point, request.settings), self._trials_of(request), self._goal
        ).value
        if value is None or (best and (value <= best[1] if self._maximize else value >= best[1])):
            return best
        return self.plan.sweep.trial_number(request.point), value

    def _write(self) -> None:
        """Write the table as it is now; where it cannot be (on Windows while a spreadsheet shows it), at the end."""
        started = monotonic()
        try:
            self.folder.write_trials(self.rows, best=self.best())
        except RunError as error:
            if not self._unwritten:
                self.reporter.say(f"{error}; the trials continue")
            self._unwritten = True
        ended = monotonic()
        self._next_table = ended + max(SECONDS_BETWEEN_TABLES, (ended - started) / SHARE_OF_TABLES)
