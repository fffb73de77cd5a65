"""Text cut into lines, with nothing lost."""

import io
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """`texts[i] + ends[i]` for all i, and then `tail`, are the text that was cut.

    `tail` is the beginning of a line whose end has not come yet; it holds back a final "\\r", which may be
    half of a "\\r\\n".
    """

    text: str
    texts: list[str]
    ends: list[str]
    tail: str

    @property
    def length(self) -> int:
        """Characters of the text that was cut."""
        return len(self.text)

    @property
    def held(self) -> str:
        """The "\\r" that is held back, or nothing."""
        return "\r" if self.tail.endswith("\r") else ""

    def hold_any(self, characters: Sequence[str]) -> bool:
        """Whether one of `characters` is anywhere in the text."""
        return any(character in self.text for character in characters)

    def span(self, start: int, stop: int) -> str:
        """The lines from `start` up to but without `stop`, without the last one's line end."""
        if stop - start == 1:
            return self.texts[start]
        pairs = zip(self.texts[start : stop - 1], self.ends[start : stop - 1], strict=True)
        return "".join(text + end for text, end in pairs) + self.texts[stop - 1]

    def rest(self, start: int) -> str:
        """The text from line `start` (0-based) to the very end."""
        pairs = zip(self.texts[start:], self.ends[start:], strict=True)
        return "".join(text + end for text, end in pairs) + self.tail


def cut(text: str, *, newline: str | None, final: bool) -> Lines:
    """Cut `text` at `newline`, or at each of \\n, \\r\\n and \\r for None; `final` says nothing follows.

    Only these are line ends: str.splitlines would also cut at U+2028, form feeds and other data.
    """
    held = "\r" if text.endswith("\r") and not final else ""
    texts, ends = _cut(text.removesuffix(held), newline)
    tail = texts.pop() + held
    if final and tail:
        texts, ends, tail = [*texts, tail], [*ends, ""], ""
    return Lines(text=text, texts=texts, ends=ends, tail=tail)


def _cut(text: str, newline: str | None) -> tuple[list[str], list[str]]:
    if newline == "\n":
        return _cut_at_line_feeds(text)
    if newline:
        return _cut_at(text, newline)
    if "\r" not in text:
        return _cut_at(text, "\n")
    texts, ends = _cut_at(text, "\r\n")
    if text.count("\r") == len(ends) == text.count("\n"):
        return texts, ends
    return _cut_at_any(text)


def _cut_at(text: str, newline: str) -> tuple[list[str], list[str]]:
    texts = text.split(newline)
    return texts, [newline] * (len(texts) - 1)


def _cut_at_line_feeds(text: str) -> tuple[list[str], list[str]]:
    texts, ends = _cut_at(text, "\n")
    if "\r\n" not in text:
        return texts, ends
    tail = texts.pop()
    ends = ["\r\n" if line.endswith("\r") else "\n" for line in texts]
    return [*(line.removesuffix("\r") for line in texts), tail], ends


def _cut_at_any(text: str) -> tuple[list[str], list[str]]:
    whole = io.StringIO(text, newline="").readlines()
    texts = [line.rstrip("\r\n") for line in whole]
    ends = [line[len(kept) :] for line, kept in zip(whole, texts, strict=True)]
    if ends and not ends[-1]:
        return texts, ends[:-1]
    return [*texts, ""], ends
