"""Where words stand in a text: exactly, under normalisation, or by similarity."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from heapq import nlargest

from conflictnews.errors import MissingExtraError

Place = tuple[int, int]
"""Start and end."""


_SINGLE, _DOUBLE, _DASHES = "‘’‚‛′ʼ`´＇‹›", "“”„‟″«»＂", "‐‑‒–—―−﹘﹣－"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_SAME = str.maketrans({**dict.fromkeys(_SINGLE, "'"), **dict.fromkeys(_DOUBLE, '"'), **dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_INVISIBLE, ""), "…": "..."})
_UNIT = re.compile(rf"[\s{_INVISIBLE}]+|.[\u0300-\u036f]*")
_NUMBER = re.compile(r"\b\d+\b")
_SHORT = 64
"""Up to so many characters the numbers of a surface are its substance; so many are compared to find where a longer one begins and ends."""


class Folded:
    """A text under normalisation, and where each of its characters comes from."""

    def __init__(self, text: str, *, case: bool) -> None:
        characters: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        for match in _UNIT.finditer(text):
            unit = match[0]
            if unit.isspace() or (len(unit) > 1 and any(c.isspace() for c in unit)):
                unit = " "
            elif len(unit) > 1 or not unit.isascii():
                unit = unicodedata.normalize("NFC", unit).translate(_SAME)
            elif unit == "`":
                unit = "'"
            for character in unit.casefold() if case else unit:
                characters.append(character)
                self.starts.append(match.start())
                self.ends.append(match.end())
        self.characters = "".join(characters)

    @cached_property
    def grams(self) -> dict[str, list[int]]:
        """Every two and every three characters in a row -> where they stand."""
        found: dict[str, list[int]] = {}
        for size in (2, 3):
            for at in range(len(self.characters) - size + 1):
                found.setdefault(self.characters[at : at + size], []).append(at)
        return found

    def place(self, start: int, end: int) -> Place:
        """The span of the text that these characters come from."""
        return self.starts[start], self.ends[end - 1]


def _is_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _cuts(text: str, at: int) -> bool:
    """Whether a span edge at `at` would cut a word."""
    return 0 < at < len(text) and _is_word(text[at - 1]) and _is_word(text[at])


def _whole(text: str, place: Place) -> bool:
    return not _cuts(text, place[0]) and not _cuts(text, place[1])


def _all(words: str, text: str) -> Iterator[Place]:
    at = text.find(words) if words else -1
    while at >= 0:
        yield at, at + len(words)
        at = text.find(words, at + 1)


class Search:
    """The text of one document, made ready for each step when that is first needed."""

    def __init__(self, text: str, threshold: float) -> None:
        self.text, self.threshold = text, threshold
        self.known: dict[str, tuple[str, list[Place], float | None]] = {}

    @cached_property
    def plain(self) -> Folded:
        """The text under normalisation, its case kept."""
        return Folded(self.text, case=False)

    @cached_property
    def folded(self) -> Folded:
        """The text under normalisation, case and all."""
        return Folded(self.text, case=True)

    def find(self, surface: str) -> tuple[str, list[Place], float | None]:
        """How the surface is found (one of `HOW`), all its occurrences in order, and the similarity."""
        if surface not in self.known:
            self.known[surface] = self._find(surface)
        return self.known[surface]

    def _find(self, surface: str) -> tuple[str, list[Place], float | None]:
        inside: tuple[str, list[Place], float | None] | None = None
        for step in ("exact", "normalised", "case"):
            how = "exact" if step == "exact" else "normalised"
            places = list(_all(surface, self.text)) if step == "exact" else self._normalised(surface, case=step == "case")
            whole = [place for place in places if _whole(self.text, place)]
            if whole:
                return how, whole, 1.0
            if places and inside is None and step != "case":
                inside = how, places, 1.0
        if inside is not None:
            return inside
        places, similarity = self._fuzzy(surface) if self.threshold < 1 else ([], None)
        return ("fuzzy" if places else "lost"), places, similarity

    def _normalised(self, surface: str, *, case: bool) -> list[Place]:
        folded = self.folded if case else self.plain
        words = Folded(surface, case=case).characters.strip(" ")
        return sorted({folded.place(*found) for found in _all(words, folded.characters)})

    def _fuzzy(self, surface: str) -> tuple[list[Place], float | None]:
        """The most similar stretches, if they reach the threshold, and the largest similarity seen."""
        try:
            from rapidfuzz.distance import Indel
        except ImportError:
            raise MissingExtraError("looking for words that are spelled otherwise in the text", "align") from None
        words = Folded(surface, case=True).characters.strip(" ")
        numbers = _NUMBER.findall(words) if len(words) <= _SHORT else None
        found: dict[Place, float] = {}
        seen = None
        for window in self._windows(words):
            best = (0.0, False, 0, (0, 0))
            for start, end in _stretches(words, self.folded.characters, window):
                stretch = self.folded.characters[start:end]
                similarity = Indel.normalized_similarity(words, stretch)
                good = similarity >= self.threshold and numbers in (None, _NUMBER.findall(stretch))
                seen = max(seen or 0.0, similarity)
                if good:
                    whole = _whole(self.folded.characters, (start, end))
                    best = max(best, (similarity, whole, -abs(end - start - len(words)), (start, end)), key=lambda b: (b[1], b[0], b[2]))
            if best[0]:
                found[self.folded.place(*best[3])] = best[0]
        places: list[Place] = []
        for place in sorted(p for p, similarity in found.items() if similarity == max(found.values())):
            if not places or place[0] >= places[-1][1]:
                places.append(place)
        return places, max(found.values()) if found else seen

    def _windows(self, words: str) -> list[Place]:
        """Between which offsets `words` may begin, with slips: the diagonals on which most of its rarer two or three characters in a row stand, best first.

        With threshold t a match of m characters has at most d = 2m(1 - t)/t insertions and deletions, each of which spoils no more than q of the m - q + 1
        grams. Long `words` are sampled evenly first, as their very rarest grams are the slips; so the cost does not grow with them, only with the text.
        """
        size = 2 if len(words) < 12 else 3
        slack = _slack(len(words), self.threshold)
        width = max(4, slack)
        grams = self.folded.grams
        offsets = [at for at in range(0, len(words) - size + 1, len(words) // 256 + 1) if words[at : at + size] in grams]
        rarest = sorted(offsets, key=lambda at: len(grams[words[at : at + size]]))[:96]
        votes = Counter((at - offset) // width for offset in rarest for at in grams[words[offset : offset + size]])
        both = {b: votes[b] + votes.get(b + 1, 0) for b in votes} | {b - 1: votes[b] + votes.get(b - 1, 0) for b in votes}
        top = nlargest(min(200, max(2, 50_000 // len(words))), both, key=lambda b: (both[b], -b))
        return [(b * width - slack, (b + 2) * width + slack) for b in top]


def _slack(length: int, threshold: float) -> int:
    return int(2 * length * (1 - threshold) / threshold) + 1


def _stretches(words: str, text: str, window: Place) -> Iterator[Place]:
    """The stretches to compare with `words`, which begin in a window: where head and tail fit best, and the word edges near by; only one for long `words`."""
    from rapidfuzz import fuzz
    from rapidfuzz.distance import Indel

    first, last = window
    low, tail_low = max(0, first), max(0, first + max(0, len(words) - _SHORT))
    head = fuzz.partial_ratio_alignment(words[:_SHORT], text[low : max(0, last + _SHORT)])
    tail = fuzz.partial_ratio_alignment(words[-_SHORT:], text[tail_low : max(0, last + len(words))])
    if head is None or tail is None:
        return
    start, end = low + head.dest_start, tail_low + tail.dest_end
    reach = min(16, len(words) // 4 + 2)
    starts = [at for at in range(max(0, start - reach), min(len(text), start + reach + 1)) if at == start or (text[at] != " " and not _cuts(text, at))]
    ends = [at for at in range(max(1, end - reach), min(len(text), end + reach) + 1) if at == end or (text[at - 1] != " " and not _cuts(text, at))]
    if len(words) > 2 * _SHORT:
        starts = [max(starts, key=lambda at: Indel.normalized_similarity(words[:_SHORT], text[at : at + _SHORT]))]
        ends = [max(ends, key=lambda at: Indel.normalized_similarity(words[-_SHORT:], text[max(0, at - _SHORT) : at]))]
    yield from ((left, right) for left in starts for right in ends if left < right)
