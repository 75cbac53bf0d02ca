"""The files of a report: where it goes, that nothing is overwritten unasked, and writing it."""

import re
from pathlib import Path
from typing import Literal

from nnlab.errors import UsageError
from nnlab.report.document import Report
from nnlab.report.html import html_of
from nnlab.report.markdown import markdown_of
from nnlab.storage.disk import atomic_write, make_folder, remove, write_output
from nnlab.storage.overwriting import already_exists, check_writable

Kind = Literal["html", "md"]
ENDINGS: dict[str, Kind] = {".html": "html", ".htm": "html", ".md": "md", ".markdown": "md"}
_OWN_PICTURE = re.compile(r"figure-\d{2,}-\w+\.png")


def report_path(out: Path | None, kind: Kind | None, *, by_name_only: bool = False) -> tuple[Path, Kind]:
    """The file of a report and its format; raises UsageError where the file has the ending of another one.

    ``by_name_only`` is for a command without --format.
    """
    if out is None:
        kind = kind or "html"
        return Path(f"report.{kind}"), kind
    by_name = ENDINGS.get(out.suffix.lower())
    if kind and by_name and by_name != kind:
        raise UsageError(f"--format {kind}: {out} has the ending of another format; name a file that ends in .{kind}")
    if not kind and not by_name and out.suffix:
        option = "" if by_name_only else ", or give --format"
        raise UsageError(
            f"{out}: a report is HTML or Markdown; name a file that ends in .html or .md{option} "
            "(for PDF print the HTML file from a browser)"
        )
    return out, kind or by_name or "html"


def pictures_folder(path: Path) -> Path:
    """The folder of the pictures of a report in Markdown, beside it."""
    return path.with_name(f"{path.stem}_files")


def check_free(path: Path, kind: Kind, *, overwrite: bool) -> None:
    """Raise where a report would replace something or cannot be written, before any picture is drawn."""
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; --out names a file, such as {path / f'report.{kind}'}")
    taken = [place for place in (path, *([pictures_folder(path)] if kind == "md" else [])) if place.exists()]
    taken = [place for place in taken if place.is_file() or place.is_dir()]  # a pipe or device is written to
    if taken and not overwrite:
        raise already_exists(taken[0], "or --out FILE")
    check_writable(path)


def write_report(report: Report, path: Path, kind: Kind) -> int:
    """Write a report; gives its size in bytes. Raises OSError where it cannot be written."""
    if kind == "html":
        contents = html_of(report).encode()
        write_output(path, contents)
        return len(contents)
    folder = pictures_folder(path)
    text, pictures = markdown_of(report, folder.name)
    if pictures:
        make_folder(folder, exist_ok=True)
    for file in folder.glob("figure-*.png"):
        if file.name not in pictures and _OWN_PICTURE.fullmatch(file.name):  # of the report that is replaced
            remove(file)
    for name, png in pictures.items():
        atomic_write(folder / name, png)
    write_output(path, text.encode())
    return len(text.encode()) + sum(map(len, pictures.values()))
