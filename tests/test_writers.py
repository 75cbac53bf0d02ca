"""All files are written through ``storage/disk.py``; the exceptions are listed with their reasons."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import nnlab

ROOT = Path(nnlab.__file__).parent
DISK = "storage/disk.py"
ALLOWED = {
    ("cli/entry.py", "open"),  # the null device, in place of a stream that the caller closed
    ("cli/entry.py", "mkstemp"),  # the traceback of a bug, under a name that nobody can know
    ("cli/entry.py", "fdopen"),
    ("data/files/download.py", "open"),  # a temporary file of pooch's, checked before it is renamed
    ("data/pictures/decoding.py", "open"),  # Pillow's, to read
    ("data/tables/cache.py", "open"),  # a new file of the user's cache, which is then renamed
    ("data/tables/cache.py", "fdopen"),  # to read
    ("data/tables/npz_file.py", "open"),  # a zip's member, to read
    ("eject/data.py", "savez_compressed"),  # into memory
    ("eject/parts/data_files.py", "open"),  # an archive, to read
    ("insight/watch/layout.py", "truncate"),  # a line of text
    ("plots/animation.py", "setup"),  # of a writer whose file is in memory
    ("plots/canvas.py", "savefig"),  # into memory
    ("plots/shown_figure.py", "savefig"),  # into memory
    ("storage/lock.py", "open"),  # to read
    ("records/git.py", "open"),  # to read
    ("records/git.py", "fdopen"),
    ("sweeps/dask_folders.py", "rmtree"),  # what a transfer left under its own name
    ("sweeps/worker.py", "open"),  # the null device, in place of the streams of the parent process
}
# What writes, makes, links or renames files, whatever it is called on.
WRITING = {
    *("write_text", "write_bytes", "touch", "symlink_to", "hardlink_to", "link_to", "link", "symlink", "mkfifo"),
    *("savefig", "imsave", "print_figure", "save_file", "savez", "savez_compressed", "savetxt", "tofile"),
    *("mkstemp", "NamedTemporaryFile", "TemporaryFile", "copyfile", "copy2", "copytree", "move", "fdopen", "truncate"),
    *("rename", "renames", "rmtree"),
}
# These are also names of harmless calls, so they count on these modules only.
OF_MODULES = {
    "np": {"save"},
    "numpy": {"save"},
    "os": {"replace", "open", "write"},
    "shutil": {"copy"},
    "writer": {"setup"},
}


def opens_to_write(call: ast.Call, method: bool) -> bool:
    """Whether ``open(path, mode)`` or ``path.open(mode)`` may write: any mode that is not plainly one for reading."""
    modes = [keyword.value for keyword in call.keywords if keyword.arg == "mode"] or call.args[0 if method else 1 :][:1]
    return not all(isinstance(mode, ast.Constant) and set(str(mode.value)) <= set("rbt") for mode in modes)


def writers(source: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            name, owner = node.func.id, ""
        elif isinstance(node.func, ast.Attribute):
            name, owner = node.func.attr, node.func.value.id if isinstance(node.func.value, ast.Name) else "?"
        else:
            continue
        listed = name in WRITING or name in OF_MODULES.get(owner, ())
        if listed or (name == "open" and owner != "os" and opens_to_write(node, method=bool(owner))):
            yield name, node.lineno


@pytest.mark.slow
def test_files_are_written_by_disk_module_only_and_every_exception_is_needed() -> None:
    used = {
        (name, call): line
        for path in ROOT.rglob("*.py")
        for name in [path.relative_to(ROOT).as_posix()]
        for call, line in writers(path.read_text(encoding="utf-8"))
        if name != DISK
    }
    unlisted = {f"{name}:{line}: {call}" for (name, call), line in used.items() if (name, call) not in ALLOWED}
    assert not unlisted, "write with nnlab.storage.disk.atomic_write or write_output"
    assert set(used) >= ALLOWED


@pytest.mark.parametrize(
    "source",
    [
        'open(p, "w")',
        'open(p, mode="ab")',
        'p.open("wb")',
        "p.open(mode)",
        "open(p, mode)",
        "os.open(p, flags)",
        'p.write_text("")',
        "figure.savefig(p)",
        "np.save(p, a)",
        "shutil.move(p, q)",
    ],
)
def test_writers_are_detected(source: str) -> None:
    assert list(writers(source))


@pytest.mark.parametrize("source", ["open(p)", 'p.open("rb")', 'open(p, "r")', 'text.replace("a", "b")', "save(a)"])
def test_readers_are_not_writers(source: str) -> None:
    assert not list(writers(source))
