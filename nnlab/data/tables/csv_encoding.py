"""Text encodings: validation of the whole file, and detection of encodings other than UTF-8."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import IO

import numpy as np

from nnlab.data.files.file_kinds import HEAD, refuse_other_kind
from nnlab.data.files.reading import CHUNK, LARGEST, check_ratio
from nnlab.errors import DataError
from nnlab.text import quote

# Codec of each name. Browsers and Excel decode Shift_JIS as cp932, a superset (WHATWG Encoding).
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "cp932": "cp932",
    "shift_jis": "cp932",
    "euc_jp": "euc_jp",
    "iso2022_jp": "iso2022_jp",
    "gb18030": "gb18030",
    "big5": "big5",
    "euc_kr": "cp949",
    "cp1252": "cp1252",
    "latin-1": "latin-1",
}
LONGEST_LINE = 2 << 20
_NEWLINE = ord("\n")
_JAPANESE_ESCAPES = (b"\x1b$B", b"\x1b$@")


@dataclass(frozen=True)
class Scan:
    """Properties of a text file of ``size`` bytes, found in one pass.

    ``plain``: ASCII without underscores, so that ``float`` accepts only decimal numbers. ``quoted``: has double quotes.
    ``short_lines``: no line is longer than ``LONGEST_LINE`` plus a chunk. ``lone_returns``: has carriage returns that
    are not followed by a newline.
    """

    codec: str
    sha256: str
    size: int
    plain: bool
    quoted: bool
    short_lines: bool
    lone_returns: bool


def scan(file: IO[bytes], size: int, name: str, encoding: str, *, packed: bool) -> Scan:
    """Validate the encoding of the whole file (``auto``: UTF-8, or UTF-16 with a byte order mark) and rewind it.

    ``size`` is the size on disk; ``packed``: ``file`` decompresses it. Raises DataError with the line and a better
    encoding, and for files that are not text.
    """
    head = file.read(HEAD)
    file.seek(0)
    refuse_other_kind(head, name)
    codec = ENCODINGS[encoding] if encoding != "auto" else _codec_by_mark(head, name)
    if codec == "utf-16" and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(
            f"{name}:1: expected UTF-16 text with a byte order mark, found none: if it is UTF-16, set "
            "encoding: utf-16-le or utf-16-be"
        )
    checker = _Checker(name, codec, explicit=encoding != "auto")
    digest, count, newlines = sha256(), 0, 0
    plain, quoted, short, since_newline = not codec.startswith("utf-16"), False, True, 0
    lone_returns, before = False, b""
    for chunk in iter(partial(file.read, CHUNK), b""):
        count += len(chunk)
        if packed:
            check_ratio(name, size, count)
            if count > LARGEST:
                raise DataError(f"{name}: expected at most {LARGEST} uncompressed bytes, found more")
        digest.update(chunk)
        checker.check(chunk, newlines)
        newlines += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == _NEWLINE))  # bytes.count: 3 times as long
        plain = plain and chunk.isascii() and b"_" not in chunk
        quoted = quoted or b'"' in chunk
        lone_returns = lone_returns or _has_lone_return(before + chunk)
        before = chunk[-1:] if chunk.endswith(b"\r") else b""
        first, last = _first_and_last_line_end(chunk)
        short = short and since_newline + first <= LONGEST_LINE
        since_newline = len(chunk) - last if last >= 0 else since_newline + len(chunk)
    checker.end(newlines)
    file.seek(0)
    short = short and since_newline <= LONGEST_LINE
    return Scan(codec, digest.hexdigest(), count, plain, quoted, short, lone_returns or bool(before))


def _has_lone_return(text: bytes) -> bool:
    """Whether a carriage return is not followed by a newline; the last byte is undecided."""
    return b"\r" in text and text.count(b"\r") > text.count(b"\r\n") + text.endswith(b"\r")


def _first_and_last_line_end(chunk: bytes) -> tuple[int, int]:
    """The ends of the first line (default: the length of the chunk) and of the last line (default: -1)."""
    end = b"\n" if b"\n" in chunk else b"\r"
    first = chunk.find(end)
    return (first if first >= 0 else len(chunk)), chunk.rfind(end)


def _codec_by_mark(head: bytes, name: str) -> str:
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise DataError(f"{name}: expected UTF-8 text, found UTF-32: save it as UTF-8")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


class _Checker:
    """Decodes a file chunk by chunk; on failure detects the actual encoding."""

    def __init__(self, name: str, codec: str, *, explicit: bool) -> None:
        self._name = name
        self._codec = codec
        self._explicit = explicit
        self._decoder = codecs.getincrementaldecoder(codec)()
        self._wide = codec.startswith("utf-16")

    def check(self, chunk: bytes, newlines: int) -> None:
        """Raise DataError with the line unless the chunk is valid text; ``newlines`` precede it."""
        if not self._wide and b"\0" in chunk:
            self._refuse_nul(chunk, newlines)
        if not self._wide and chunk.isascii() and not self._decoder.getstate()[0]:
            if not self._explicit and b"\x1b" in chunk and any(escape in chunk for escape in _JAPANESE_ESCAPES):
                raise self._error(newlines, "iso2022_jp", chunk.decode("iso2022_jp", "replace"))
            return
        try:
            self._decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise self._wrong(error, newlines) from error

    def end(self, newlines: int) -> None:
        """Raise DataError when the file ends inside a character."""
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise self._wrong(error, newlines) from error

    def _wrong(self, error: UnicodeDecodeError, newlines: int) -> DataError:
        start = error.object.rfind(b"\n", 0, error.start) + 1
        end = error.object.rfind(b"\n", error.start) + 1
        sample = error.object[start : end or len(error.object)]
        newlines += error.object.count(b"\n", 0, error.start)
        found = guess_encoding(sample)
        if found is None or ENCODINGS[found[0]] == self._codec:
            expected = "UTF-8" if self._codec == "utf-8-sig" else self._codec
            return DataError(
                f"{self._name}:{newlines + 1}: expected {expected} text, found other bytes: "
                "save it as UTF-8, or set data.encoding"
            )
        return self._error(newlines, *found)

    def _error(self, newlines: int, encoding: str, text: str) -> DataError:
        expected = "UTF-8" if self._codec == "utf-8-sig" else self._codec
        words = _foreign_words(text)
        example = f" ({quote(words, 30)})" if words else ""
        return DataError(
            f"{self._name}:{newlines + 1}: expected {expected} text, found bytes that look like "
            f"{encoding}{example}: save it as UTF-8, or add encoding: {encoding} to data"
        )

    def _refuse_nul(self, chunk: bytes, newlines: int) -> None:
        position = chunk.index(b"\0")
        sample = chunk[:4096]
        for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if sample[offset::2].count(b"\0") > 0.4 * len(sample[offset::2]):
                raise DataError(
                    f"{self._name}: expected UTF-8 text, found bytes that look like {encoding} without a byte order "
                    f"mark: save it as UTF-8, or add encoding: {encoding} to data"
                )
        line = newlines + chunk.count(b"\n", 0, position) + 1
        raise DataError(
            f"{self._name}:{line}: expected text, found a NUL character: the file is damaged or not text; save it again"
        )


def _foreign_words(text: str) -> str:
    """The first cell that is not ASCII."""
    cells = (cell.strip(' "\r\n') for line in text.splitlines() for cell in line.replace(";", ",").split(","))
    return next((cell for cell in cells if not cell.isascii()), "")


def guess_encoding(sample: bytes) -> tuple[str, str] | None:
    """The likeliest encoding of bytes that are not UTF-8, with the decoded text, or None.

    Candidates are scored by the frequency of common non-ASCII characters: kana and JIS level 1 kanji in cp932 and
    EUC-JP (half-width katakana indicate the wrong one), letters next to ASCII letters in Latin encodings.
    """
    best: tuple[float, str, str] | None = None
    for encoding, score in _scores(sample):
        if score > 0.3 and (best is None or score > best[0]):
            best = score, encoding, sample.decode(ENCODINGS[encoding], "replace")
    return None if best is None else (best[1], best[2])


def _scores(sample: bytes) -> Iterator[tuple[str, float]]:
    for encoding in ("cp932", "euc_jp"):
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        foreign = [character for character in text if not character.isascii()]
        score = sum(map(_japanese_score, foreign)) / max(1, len(foreign))
        # These lead bytes are frequent in cp932 and do not occur in EUC-JP.
        if encoding == "euc_jp" and not any(0x80 <= byte <= 0xA0 for byte in sample):
            score *= 1.5
        yield encoding, score
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return
    c1 = any(0x80 <= byte <= 0x9F for byte in sample)
    yield "cp1252" if c1 else "latin-1", _latin_score(text)


def _japanese_score(character: str) -> float:
    if "\u3000" <= character <= "\u30ff" or "\uff01" <= character <= "\uff5e":
        return 1.0
    if "\u4e00" <= character <= "\u9fff":
        try:
            lead = character.encode("cp932")[0]
        except UnicodeEncodeError:
            return 0.2
        return 1.0 if lead <= 0x97 else 0.4
    half_width_or_private = "\uff61" <= character <= "\uff9f" or "\ue000" <= character <= "\uf8ff"
    return 0.0 if half_width_or_private else 0.4


def _latin_score(text: str) -> float:
    """The fraction of non-ASCII characters that are letters next to ASCII letters, or symbols such as ° and €."""
    foreign = [index for index, character in enumerate(text) if not character.isascii()]
    usual = 0
    for index in foreign:
        around = text[max(0, index - 1) : index] + text[index + 1 : index + 2]
        in_word = text[index].isalpha() and any(letter.isascii() and letter.isalpha() for letter in around)
        usual += in_word or text[index] in "°€£µ²³"
    return usual / max(1, len(foreign))
