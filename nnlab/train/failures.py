"""What a run's folder and its error say when the run fails or is interrupted."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnlab.errors import BugError, Interrupted, NnlabError, RunError, reason_of
from nnlab.plugins.mistakes import mistake_in_main
from nnlab.records.checkpoint import checkpoint_files
from nnlab.records.run_folder import RunFolder
from nnlab.storage.layout import LOG_FILE
from nnlab.text import one_line
from nnlab.train.callbacks import ObserverFailed


@contextmanager
def failures_recorded(folder: RunFolder) -> Iterator[None]:
    """Record in the folder whatever ends a run early, raise an error that names the folder, and close the folder."""
    try:
        yield
    except OSError as error:
        if not folder.path.is_dir():
            raise RunError(
                f"{folder.path}: was renamed or removed while the run was being written; "
                "if it was renamed, nnlab train --resume resumes it under its new name"
            ) from error
        message = f"{folder.path}: cannot be written: {reason_of(error)}"
        folder.fail("failed", message)
        hint = f"; once it can, {resume_hint(folder.path)}" if folder.status else ""
        raise RunError(f"{message}{hint}") from error
    except Interrupted as error:
        folder.fail("interrupted", str(error))
        if folder.status is None:
            consequence = "nothing had been recorded yet"
        elif folder.status == "interrupted":
            consequence = resume_hint(folder.path)
        else:
            consequence = f"{already_ended(folder)}; nnlab plot {folder.path} draws its pictures"
        raise Interrupted(error.exit_code - 128, f"stopped at once; {consequence}") from error
    except MemoryError:
        folder.fail("failed", "out of memory")
        raise
    except NnlabError as error:
        folder.log(str(error))
        folder.fail("failed", str(error))
        raise
    except ObserverFailed as failure:
        folder.log("".join(traceback.format_exception(failure.error)))
        message = one_line(str(failure.error), 300)
        folder.fail("failed", f"an observer raised {type(failure.error).__name__}: {message}")
        raise
    except Exception as error:
        folder.log(traceback.format_exc())
        if mistake := mistake_in_main(error):
            folder.fail("failed", str(mistake))
            raise mistake from error
        folder.fail("failed", repr(error))
        raise BugError(error, folder.path / LOG_FILE) from error
    except BaseException as error:
        folder.fail("failed", repr(error))
        raise
    finally:
        folder.close()


def resume_hint(path: Path) -> str:
    """The command that resumes a run, and what it will do."""
    command = f"nnlab train --resume {path}"
    return f"{command} resumes it" if checkpoint_files(path) else f"{command} restarts it from step 0 (no checkpoint)"


def already_ended(folder: RunFolder) -> str:
    """Status and path of a run that had finished before the signal."""
    return f"the run was {folder.status} already and is in {folder.path}"
