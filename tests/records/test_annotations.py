"""Tags and notes in the folder of a run."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.errors import RunError, UsageError
from nnlab.records.annotations import LONGEST_NOTE, MOST_TAGS, Annotations, read_annotations, write_annotations
from nnlab.records.cleaning import clear_after
from nnlab.records.reader import read_run
from nnlab.records.run_folder import RunFolder
from nnlab.storage.layout import ANNOTATIONS_FILE
from nnlab.storage.lock import RunLock


def test_annotations_read_back_and_leave_the_run_as_it_is(make_run) -> None:
    run = make_run()
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    assert read_annotations(run) == Annotations()
    lock = RunLock(run)  # a run that is being written can be annotated
    write_annotations(run, Annotations().tagged(["good", "a/b"]).noted("spikes\nat 300"))
    lock.release()
    assert read_annotations(run) == Annotations(("a/b", "good"), "spikes\nat 300")
    assert read_run(run).tags == ("a/b", "good")
    write_annotations(run, Annotations())
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_tags_are_added_and_removed_sorted_and_once() -> None:
    annotations = Annotations(("b",), "note").tagged(["c", "a", "c"], ["b", "x"])
    assert annotations == Annotations(("a", "c"), "note")


@pytest.mark.parametrize("tag", ["", " ", "a b", "-a", ".a", "a,b", "x" * 51, "a\n", "\x1b", "=1"])
def test_text_that_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(UsageError, match="tag: must be at most 50 letters"):
        Annotations().tagged([tag])


def test_numbers_of_tags_and_letters_of_a_note_are_bounded() -> None:
    with pytest.raises(UsageError, match="can have 100 tags, got 101"):
        Annotations().tagged(map(str, range(MOST_TAGS + 1)))
    with pytest.raises(UsageError, match="at most 10,000 characters"):
        Annotations().noted("x" * (LONGEST_NOTE + 1))


@given(st.lists(st.text(max_size=60), max_size=5), st.text(max_size=100))
def test_whatever_is_accepted_reads_back(tmp_path_factory, tags: list[str], note: str) -> None:
    folder = tmp_path_factory.mktemp("run")
    try:
        annotations = Annotations().tagged(tags).noted(note)
        note.encode()
    except (UsageError, UnicodeEncodeError):
        return
    write_annotations(folder, annotations)
    assert read_annotations(folder) == annotations


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "must be an object"),
        ('{"tags": 1, "note": ""}', "tags: must be a list"),
        ('{"tags": ["a b"], "note": ""}', "tags: 'a b' is no tag"),
        ('{"tags": [], "note": 1}', "note: must be text"),
        (json.dumps({"tags": ["a"] * 101, "note": ""}), "tags: must be a list"),
        (json.dumps({"tags": [], "note": "x" * 10_001}), "note: must be text"),
    ],
)
def test_damaged_annotations_are_reported(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / ANNOTATIONS_FILE).write_text(text)
    with pytest.raises(RunError, match=message):
        read_annotations(tmp_path)


def test_annotations_that_are_no_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / ANNOTATIONS_FILE).mkdir()
    with pytest.raises(RunError, match="must be a file"):
        read_annotations(tmp_path)


def test_linked_folder_is_not_annotated(make_run, tmp_path: Path) -> None:
    run = make_run()
    (tmp_path / "link").symlink_to(run, target_is_directory=True)
    with pytest.raises(RunError, match="is a link"):
        write_annotations(tmp_path / "link", Annotations(("a",)))
    assert not (run / ANNOTATIONS_FILE).exists()


def test_annotations_survive_resuming(make_run) -> None:
    run = make_run(status="interrupted")
    write_annotations(run, Annotations(("good",)))
    clear_after(run, 0, (), ())
    RunFolder.begin(run).close()
    assert read_annotations(run) == Annotations(("good",))
