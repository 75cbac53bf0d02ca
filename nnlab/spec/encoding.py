"""The text of a spec file from its bytes: UTF-8, or UTF-16 with a byte order mark; any other encoding is named."""

import codecs
import unicodedata

ADVICE = "save it as UTF-8"


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
        if name := _without_mark(raw):
            before = ""
        name = name or _japanese(raw)
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


def _japanese(raw: bytes) -> str:
    """Shift_JIS or EUC-JP, whichever makes more kana and kanji; neither where half of it is something else."""
    best, name = 0.5, ""
    for codec, called in (("cp932", "Shift_JIS (cp932)"), ("euc_jp", "EUC-JP")):
        try:
            foreign = [character for character in raw.decode(codec) if not character.isascii()]
        except UnicodeDecodeError:
            continue
        usual = sum(map(_is_usual, foreign)) / max(1, len(foreign))
        if usual > best:
            best, name = usual, called
    return name


def _is_usual(character: str) -> bool:
    """Full-width signs, kana, and the kanji that Shift_JIS has among the more common ones."""
    if "\u3000" <= character <= "\u30ff" or "\uff01" <= character <= "\uff5e":
        return True
    is_kanji = unicodedata.name(character, "").startswith("CJK UNIFIED")
    return is_kanji and character.encode("cp932", errors="ignore")[:1] <= b"\x97"
