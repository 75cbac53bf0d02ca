"""Downloads with live progress: a bar on a terminal, a line for each file elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nnlab.cli.console import is_live, messages
from nnlab.core.memory import readable_bytes
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.files.download import DownloadObserver, NoObserver, RemoteFile

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def fetch(source: DatasetSource, *, quiet: bool = False) -> None:
    """Download the missing and damaged files of a dataset; raises DataError, with instructions, when that fails."""
    if not source.download:
        return
    with download_observer(quiet=quiet) as observer:
        source.fetch(observer)


class Lines:
    """Prints a line for each download and each failed mirror."""

    def on_start(self, file: RemoteFile, url: str) -> None:
        host = urlsplit(url).hostname
        messages().print(f"downloading {file.name} ({readable_bytes(file.size)}) from {host}")

    def on_bytes(self, count: int) -> None:
        """Print nothing for a part of a file."""

    def on_failure(self, url: str, reason: str) -> None:
        messages().print(f"{urlsplit(url).hostname}: {reason}")


class LiveBar(Lines):
    """Shows a bar below the lines."""

    def __init__(self, bar: "Progress") -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def on_start(self, file: RemoteFile, url: str) -> None:
        super().on_start(file, url)
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(file.name, total=file.size)

    def on_bytes(self, count: int) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=count)


@contextmanager
def download_observer(*, quiet: bool = False) -> Iterator[DownloadObserver]:
    """The observer that shows downloads on this console."""
    console = messages()
    if quiet:
        yield NoObserver()
    elif not is_live(console):
        yield Lines()
    else:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (BarColumn(bar_width=None), DownloadColumn(binary_units=True), TimeRemainingColumn())
        with Progress(TextColumn("{task.description}"), *columns, console=console, transient=True) as bar:
            yield LiveBar(bar)
