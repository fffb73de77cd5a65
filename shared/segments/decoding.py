"""Bytes turned into text as they stream by, without ever failing."""

import codecs

_BYTE_ORDER_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_LITTLE_ENDIAN = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}


def _as_surrogates(error: UnicodeError) -> tuple[str, int]:
    """Like surrogateescape, but for encodings whose bad bytes may be below 128, too."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    culprits = error.object[error.start : error.end]
    return "".join(chr(0xDC80 | byte) for byte in culprits), error.end


codecs.register_error("segment-surrogates", _as_surrogates)


class TextDecoder:
    """Decodes one text. A byte that means nothing becomes a lone surrogate; a byte order mark is dropped.

    A UTF-16 byte order mark overrules an `encoding` of UTF-8 or UTF-16; without one, UTF-16 is little-endian.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = _LITTLE_ENDIAN.get(encoding, encoding)
        self._decoder: codecs.IncrementalDecoder | None = None
        self._first = b""
        self._begun = False

    def decode(self, data: bytes, *, final: bool = False) -> str:
        """The text of `data`, but for an unfinished character at its end, which waits unless `final`."""
        if self._decoder is None:
            data = self._first = self._first + data
            if len(data) < 2 and not final:
                return ""
            self._decoder = codecs.getincrementaldecoder(self._actual(data[:2]))("segment-surrogates")
        text = self._decoder.decode(data, final)
        if not text or self._begun:
            return text
        self._begun = True
        return text.removeprefix("\ufeff")

    def _actual(self, first: bytes) -> str:
        if self._encoding.startswith(("utf-8", "utf-16")):
            return _BYTE_ORDER_MARKS.get(first, self._encoding)
        return self._encoding
