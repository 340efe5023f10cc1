"""What tells whether a text is the one that was annotated, and where it is not: a checksum of the whole and a short one of each line."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterator, Sequence

from conflictnews.model import text_sha256

LONGEST_TRIED = 2000
"""Lines longer than this are not searched for the one edit that would mend them."""


def line_checks(text: str) -> list[str]:
    """Four hexadecimal digits for each line of the text (lines end at line feeds)."""
    return [_check(line) for line in text.split("\n")]


def _check(line: str) -> str:
    return f"{zlib.crc32(line.encode('utf-8', 'surrogatepass')) & 0xFFFF:04x}"


def first_difference(text: str, original: str) -> tuple[int, str]:
    """The offset of the first character of `text` that is not the original's, and what the two have there."""
    low, high = 0, min(len(text), len(original))
    while low < high:  # the longest common start, by halving
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text[:middle] == original[:middle] else (low, middle - 1)
    here = f"here stands {_named(text[low])}" if low < len(text) else "the text ends here"
    there = f"the original has {_named(original[low])}" if low < len(original) else "the original ends"
    return low, f"{here}, {there}"


def _named(char: str) -> str:
    return f"{char!r} ({unicodedata.name(char, f'U+{ord(char):04X}')})"


def differing_line(text: str, checks: Sequence[str]) -> int | None:
    """The number, from 0, of the first line that its check does not fit; None where every line fits its own."""
    lines = line_checks(text)
    if lines == list(checks):
        return None
    return next((i for i, (a, b) in enumerate(zip(lines, checks, strict=False)) if a != b), min(len(lines), len(checks)))


def mended(text: str, sha256: str, checks: Sequence[str]) -> str | None:
    """The original, where `text` differs from it by one character of its own alphabet or by one line end; None where more has changed."""
    at = differing_line(text, checks)
    if at is None:
        return None
    lines = text.split("\n")
    if at >= len(lines) or len(lines[at]) > LONGEST_TRIED:
        return None
    for attempt in _attempts(lines, at, checks, sorted(set(text.replace("\n", "")) | {" "})):
        if text_sha256(attempt) == sha256:
            return attempt
    return None


def _attempts(lines: list[str], at: int, checks: Sequence[str], alphabet: list[str]) -> Iterator[str]:
    """Texts that one edit of line `at` makes out of `lines`, those only whose line then fits its check."""
    line, before, after = lines[at], lines[:at], lines[at + 1 :]
    if len(lines) == len(checks):
        for changed in _edits(line, alphabet):
            if _check(changed) == checks[at]:
                yield "\n".join([*before, changed, *after])
    elif len(lines) == len(checks) + 1 and after:
        for joint in ("", " "):
            yield "\n".join([*before, line + joint + after[0], *after[1:]])
    elif len(lines) + 1 == len(checks):
        for i in range(len(line) + 1):
            if _check(line[:i]) == checks[at]:
                yield from ("\n".join([*before, line[:i], line[j:], *after]) for j in (i, i + 1))


def _edits(line: str, alphabet: list[str]) -> Iterator[str]:
    """The line with one character less, one other, or one more."""
    for i in range(len(line)):
        yield line[:i] + line[i + 1 :]
    for char in alphabet:
        for i in range(len(line) + 1):
            yield line[:i] + char + line[i:]
            yield line[:i] + char + line[i + 1 :]
