"""Commit and branch match git; an untrusted repository runs no program, leads nowhere and does not block."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from nnlab.records.environment import describe_environment
from nnlab.records.git import MAX_LINE_BYTES, read_commit

COMMIT, OTHER = "0123456789abcdef" * 2 + "01234567", "f" * 40
SHA256 = "ab" * 32


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository on branch main, with a commit."""
    folder = tmp_path / "clone"
    write(folder / ".git" / "HEAD", "ref: refs/heads/main\n")
    write(folder / ".git" / "refs" / "heads" / "main", f"{COMMIT}\n")
    return folder


def test_branch_and_commit_of_the_repository_around_a_folder(repository: Path) -> None:
    (repository / "a" / "b").mkdir(parents=True)
    assert read_commit(repository / "a" / "b") == {"commit": COMMIT, "branch": "main"}


@pytest.mark.parametrize("commit", [COMMIT, SHA256])
def test_detached_head(repository: Path, commit: str) -> None:
    write(repository / ".git" / "HEAD", f"{commit}\n")
    assert read_commit(repository) == {"commit": commit, "branch": None}


def test_unborn_branch(repository: Path) -> None:
    (repository / ".git" / "refs" / "heads" / "main").unlink()
    assert read_commit(repository) == {"commit": None, "branch": "main"}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_packed_refs(repository: Path, ending: str) -> None:
    (repository / ".git" / "refs" / "heads" / "main").unlink()
    lines = [
        "# pack-refs with: peeled fully-peeled sorted ",
        f"{OTHER} refs/heads/main2",
        f"{OTHER} refs/remotes/origin/refs/heads/main",
        f"{COMMIT} refs/heads/main",
        f"^{OTHER}",
    ]
    write(repository / ".git" / "packed-refs", "".join(line + ending for line in lines))
    assert read_commit(repository) == {"commit": COMMIT, "branch": "main"}


def test_loose_ref_takes_precedence_over_packed_and_may_be_symbolic(repository: Path) -> None:
    write(repository / ".git" / "packed-refs", f"{OTHER} refs/heads/main\n")
    write(repository / ".git" / "HEAD", "ref: refs/heads/topic/名前\n")
    write(repository / ".git" / "refs" / "heads" / "topic" / "名前", "ref: refs/heads/main\n")
    assert read_commit(repository) == {"commit": COMMIT, "branch": "topic/名前"}


@pytest.mark.parametrize("relative", [False, True])
def test_worktree(repository: Path, tmp_path: Path, relative: bool) -> None:
    head, tree = repository / ".git" / "worktrees" / "w", tmp_path / "w"
    write(repository / ".git" / "refs" / "heads" / "topic", f"{OTHER}\n")
    write(head / "HEAD", "ref: refs/heads/topic\n")
    write(head / "commondir", "../..\n")
    tree.mkdir()
    write(tree / ".git", f"gitdir: {os.path.relpath(head, tree) if relative else head}\n")
    write(head / "gitdir", f"{os.path.relpath(tree / '.git', head) if relative else tree / '.git'}\n")
    assert read_commit(tree) == {"commit": OTHER, "branch": "topic"}
    write(head / "gitdir", f"{tmp_path / 'another' / '.git'}\n")
    assert read_commit(tree) is None  # a folder that only claims to be its worktree


def test_submodule(repository: Path) -> None:
    module = repository / ".git" / "modules" / "part"
    write(module / "HEAD", f"{OTHER}\n")
    write(repository / "part" / ".git", "gitdir: ../.git/modules/part\n")
    assert read_commit(repository / "part") == {"commit": OTHER, "branch": None}


def test_no_repository(tmp_path: Path) -> None:
    assert read_commit(tmp_path / "no such folder") is None


@pytest.mark.parametrize(
    "head",
    [
        "ref: refs/heads/../../../secret",
        "ref: ../secret",
        "ref: /etc/hostname",
        "ref: refs/heads/.hidden",
        "ref: refs/heads/a\x1b[31m",
        "ref: refs/heads/a.lock",
        f"ref: refs/heads/main\n{OTHER}",
        "ref: refs/heads/" + "a" * MAX_LINE_BYTES,
        COMMIT[:-1],
        "",
        "\0" * 40,
    ],
)
def test_invalid_head_is_ignored(repository: Path, head: str) -> None:
    write(repository / "secret", f"{OTHER}\n")
    write(repository / ".git" / "HEAD", head)
    assert read_commit(repository) is None


def test_large_files_are_not_read(repository: Path) -> None:
    with (repository / ".git" / "packed-refs").open("wb") as file:
        file.truncate(1 << 30)
    (repository / ".git" / "refs" / "heads" / "main").unlink()
    assert read_commit(repository) == {"commit": None, "branch": "main"}
    with (repository / ".git" / "HEAD").open("wb") as file:
        file.truncate(1 << 30)
    assert read_commit(repository) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
@pytest.mark.parametrize("file", [".git", ".git/HEAD", ".git/refs/heads/main", ".git/packed-refs"])
@pytest.mark.parametrize("planted", ["pipe", "link to a device", "link to a file", "link in a circle"])
def test_pipes_do_not_block_and_links_outside_are_not_followed(repository: Path, file: str, planted: str) -> None:
    outside = write(repository.parent / "outside", f"{OTHER}\n")
    path = repository / file
    if file == ".git/packed-refs":
        (repository / ".git" / "refs" / "heads" / "main").unlink()
    elif path.is_dir():
        path.rename(repository.parent / "elsewhere")
    else:
        path.unlink()
    match planted:
        case "pipe":
            os.mkfifo(path)
        case "link to a device":
            path.symlink_to("/dev/zero")
        case "link to a file":
            path.symlink_to(outside)
        case "link in a circle":
            path.symlink_to(path)
    found = read_commit(repository)
    assert found is None or found == {"commit": None, "branch": "main"}


@pytest.mark.parametrize(
    "named", ["/dev/zero", "/dev", "../elsewhere", "//server/share", "\\\\server\\share", "", "a\0b", "pipe"]
)
def test_git_file_that_does_not_name_a_worktree_is_ignored(tmp_path: Path, named: str) -> None:
    write(tmp_path / "elsewhere" / "HEAD", f"{OTHER}\n")
    write(tmp_path / "clone" / ".git", f"gitdir: {named}\n")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "clone" / "pipe")
    assert read_commit(tmp_path / "clone") is None


def test_bare_repository_in_a_subfolder_is_ignored(repository: Path) -> None:
    bare = repository / "data"
    write(bare / "HEAD", "ref: refs/heads/planted\n")
    write(bare / "refs" / "heads" / "planted", f"{OTHER}\n")
    (bare / "objects").mkdir()
    write(bare / "config", '[core]\n\tbare = true\n\tworktree = "."\n\tfsmonitor = touch obeyed\n')
    assert read_commit(bare) == {"commit": COMMIT, "branch": "main"}


def test_no_program_is_run(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a program is run")

    describe_environment({})  # which asks the system once for the name of its processor
    for name in ("subprocess.Popen", "os.system", "os.posix_spawn", "os.fork"):
        monkeypatch.setattr(name, refuse, raising=False)
    monkeypatch.chdir(repository)
    assert describe_environment({})["git"] == {"commit": COMMIT, "branch": "main"}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_commit_and_branch_match_git(tmp_path: Path) -> None:
    """Normal, packed, detached, worktree and submodule folders as git itself makes them."""

    def git(*arguments: str, folder: Path = tmp_path) -> str:
        settings = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
        done = subprocess.run(["git", *settings, *arguments], check=True, cwd=folder, capture_output=True, text=True)
        return done.stdout.strip()

    clone = tmp_path / "clone"
    git("init", "-q", str(clone))
    git("checkout", "-q", "-b", "topic/a", folder=clone)
    assert read_commit(clone) == {"commit": None, "branch": "topic/a"}
    git("commit", "-q", "--allow-empty", "-m", "a", folder=clone)
    commit = git("rev-parse", "HEAD", folder=clone)
    assert read_commit(clone) == {"commit": commit, "branch": "topic/a"}
    git("pack-refs", "--all", folder=clone)
    assert read_commit(clone) == {"commit": commit, "branch": "topic/a"}
    git("worktree", "add", "-q", "-b", "b", str(tmp_path / "tree"), folder=clone)
    assert read_commit(tmp_path / "tree") == {"commit": commit, "branch": "b"}
    git("checkout", "-q", "--detach", folder=clone)
    assert read_commit(clone) == {"commit": commit, "branch": None}
    git("init", "-q", str(tmp_path / "over"))
    git("submodule", "add", "-q", str(clone), "part", folder=tmp_path / "over")
    found = read_commit(tmp_path / "over" / "part")
    assert found is not None
    assert found["commit"] == commit
