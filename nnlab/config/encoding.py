"""Decoding of spec files: UTF-8, or UTF-16 with a byte order mark; the error names any other encoding."""

import codecs

ADVICE = "save it as UTF-8"
# Encoding names as editors show them.
_NAMES = {"cp932": "Shift_JIS (cp932)", "euc_jp": "EUC-JP", "cp1252": "Windows-1252", "latin-1": "Latin-1"}


class NotTextError(Exception):
    """Bytes in an unsupported encoding; ``before`` is the text before the first of them."""

    def __init__(self, before: str, message: str) -> None:
        super().__init__(message)
        self.before = before


def decoded(raw: bytes) -> str:
    """The decoded text; raises NotTextError, which names the detected encoding, if any."""
    if raw.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise NotTextError("", f"UTF-32 text; {ADVICE}")
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(error.encoding, errors="ignore")
        if wide:
            raise NotTextError(before, f"damaged UTF-16 text; {ADVICE}") from None
        from nnlab.data.tables.csv_encoding import guess_encoding  # imports NumPy

        if name := _without_mark(raw):
            before = ""
        elif guess := guess_encoding(raw):
            name = _NAMES.get(guess[0], guess[0])
        raise NotTextError(before, f"not UTF-8 text{f' but {name}' if name else ''}; {ADVICE}") from None
    if "\0" in text and (name := _without_mark(raw)):
        raise NotTextError("", f"not UTF-8 text but {name}; {ADVICE}")
    return text


def _without_mark(raw: bytes) -> str:
    """The name of UTF-16 without a byte order mark where every other byte is zero, as in English text; else nothing."""
    for offset, order in ((1, "little"), (0, "big")):
        if raw[offset::2].count(0) > 0.4 * len(raw[offset::2]):
            return f"UTF-16 ({order}-endian) without a byte order mark"
    return ""
