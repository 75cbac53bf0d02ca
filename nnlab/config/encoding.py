"""The text of a spec file from its bytes: UTF-8, or UTF-16 with a byte order mark; any other encoding is named."""

import codecs

ADVICE = "save it as UTF-8"
# As editors call what Windows calls cp932.
_NAMES = {"cp932": "Shift_JIS (cp932)", "euc_jp": "EUC-JP", "cp1252": "Windows-1252", "latin-1": "Latin-1"}


class NotTextError(Exception):
    """Bytes that are not text in an encoding that specs may have; ``before`` is the text in front of the first."""

    def __init__(self, before: str, message: str) -> None:
        super().__init__(message)
        self.before = before


def decoded(raw: bytes) -> str:
    """The text; raises NotTextError, which names the encoding as far as it can be told."""
    if raw.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise NotTextError("", f"UTF-32 text; {ADVICE}")
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(error.encoding, errors="ignore")
        if wide:
            raise NotTextError(before, f"damaged UTF-16 text; {ADVICE}") from None
        from nnlab.data.tables.csv_encoding import guess_encoding  # which brings in NumPy

        if name := _without_mark(raw):
            before = ""
        elif guess := guess_encoding(raw):
            name = _NAMES.get(guess[0], guess[0])
        raise NotTextError(before, f"not UTF-8 text{f' but {name}' if name else ''}; {ADVICE}") from None
    if "\0" in text and (name := _without_mark(raw)):
        raise NotTextError("", f"not UTF-8 text but {name}; {ADVICE}")
    return text


def _without_mark(raw: bytes) -> str:
    """UTF-16 without a byte order mark: every other byte of plain English is zero."""
    for offset, order in ((1, "little"), (0, "big")):
        if raw[offset::2].count(0) > 0.4 * len(raw[offset::2]):
            return f"UTF-16 ({order}-endian) without a byte order mark"
    return ""
