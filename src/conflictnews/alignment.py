"""Predictions without offsets: the words that a system answered with become spans of the text.

A loose document has the form of a document, but ``start`` and ``end`` may be left out wherever ``surface`` is given, and a trigger or a part of a quote may
be a plain string. Each surface is looked for in the text in three steps, and the first that finds it decides:

1. exact: the same characters;
2. normalised: white space runs, curly and straight quotes, dashes, ellipses, accents typed in one or two characters, invisible characters; last, case;
3. fuzzy: the stretch with the largest similarity, ``2 * LCS / (length + length)`` over the normalised characters (rapidfuzz's ratio; one wrong letter in
   ten is 0.9), if it reaches the threshold and, for up to 64 characters, holds the same numbers: 15 soldiers are not a slip for 25.

Whole words come first: inside a word a surface is looked for only where no step but the fuzzy one found it as a whole word, and then with its own case.

A surface that is not found is no span of the text, yet it was predicted: dropping it would raise precision. It is put on one character where it can match
nothing: white space that no found span, and no span of `gold` where that is given, covers; white space at the end of the text first, then between
paragraphs, at line ends, elsewhere; where the text has too little of it, punctuation, and letters last. No two lost surfaces of a layer share a character
while there are free ones, so that each stays one false positive even for a scorer that counts characters or drops duplicates.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import nlargest
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.errors import AlignmentError, DocumentError, MissingExtraError
from conflictnews.io.jsondoc import explain
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span, id_fault, spans_of, text_sha256

THRESHOLD = 0.9
"""The similarity from which on a fuzzy match is one."""

HOW = ("kept", "exact", "normalised", "fuzzy", "lost")
"""What can become of a surface."""

Place = tuple[int, int]


class LooseSpan(msgspec.Struct, frozen=True):
    """A span of which the words are known, the place perhaps."""

    start: int | None = None
    end: int | None = None
    surface: str | None = None


class LooseEntity(LooseSpan, frozen=True, kw_only=True):
    """An `Entity` that may lack its offsets."""

    label: str
    id: str | None = None
    subtype: str | None = None
    level: str | None = None
    entity: str | None = None
    value: str | None = None
    low: float | None = None
    high: float | None = None


class LooseArgument(LooseSpan, frozen=True, kw_only=True):
    """An `Argument` that may lack its offsets."""

    role: str
    entity: str | None = None
    status: str | None = None
    source: str | None = None


class LooseEvent(msgspec.Struct, frozen=True):
    """An `Event` whose trigger may be a plain string."""

    label: str
    trigger: LooseSpan | str
    id: str | None = None
    subtype: str | None = None
    event: str | None = None
    arguments: tuple[LooseArgument, ...] = ()
    factuality: str | None = None
    source: str | None = None


Spans = LooseSpan | str | tuple[LooseSpan | str, ...] | None
"""The parts of a quote: spans, plain strings, or one of them without a list around it."""


class LooseQuote(msgspec.Struct, frozen=True):
    """A `Quote` whose parts may be plain strings."""

    content: Spans
    id: str | None = None
    type: str | None = None
    cue: Spans = None
    source: Spans = None
    speakers: tuple[str, ...] = ()
    speaker_reason: str | None = None
    parent: str | None = None


class LooseBlock(LooseSpan, frozen=True, kw_only=True):
    """A `BoilerplateSpan` that may lack its offsets."""

    label: str
    id: str | None = None


class LooseDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `Document` whose annotations may lack their offsets."""

    doc_id: str
    text: str | None = None
    text_sha256: str | None = None
    meta: dict[str, Any] = {}
    entities: tuple[LooseEntity, ...] | None = None
    events: tuple[LooseEvent, ...] | None = None
    quotes: tuple[LooseQuote, ...] | None = None
    boilerplate: tuple[LooseBlock, ...] | None = None


class Note(msgspec.Struct, frozen=True):
    """What became of one surface that was not simply found: `how` is one of `HOW`, `choice` says which occurrence was taken and why.

    `similarity` is the best one seen, or None where none was measured; `repaired` that offsets were given and were wrong.
    """

    doc_id: str
    layer: str
    place: str
    surface: str
    how: str
    similarity: float | None
    start: int
    end: int
    choice: str | None = None
    repaired: bool = False


class Report(msgspec.Struct, frozen=True):
    """How many surfaces came to their spans in which way; each is one of `HOW`.

    `ambiguous` of them had several occurrences, `repaired` came with offsets that were wrong. A note stands for every surface but those that were kept, or
    were found exactly and once.
    """

    kept: int = 0
    exact: int = 0
    normalised: int = 0
    fuzzy: int = 0
    lost: int = 0
    ambiguous: int = 0
    repaired: int = 0
    notes: tuple[Note, ...] = ()

    @property
    def surfaces(self) -> int:
        """The number of surfaces and given spans."""
        return sum(getattr(self, how) for how in HOW)


def merge(reports: Iterable[Report]) -> Report:
    """The sum of reports, notes in order."""
    found = list(reports)
    counts = {name: sum(getattr(r, name) for r in found) for name in (*HOW, "ambiguous", "repaired")}
    return Report(**counts, notes=tuple(note for r in found for note in r.notes))


_DECODER = msgspec.json.Decoder(LooseDocument)


def decode_loose(data: bytes | str, where: str) -> LooseDocument:
    """The loose document in `data`; raises DocumentError, naming `where` and the JSON path, for malformed JSON, wrong types and unknown fields."""
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DocumentError(f"{where}: {explain(error, data)}") from None


def iter_loose(path: Path) -> Iterator[tuple[str, LooseDocument]]:
    """The loose documents of a JSONL file or of one ``.json`` file, each after the place that errors must name."""
    try:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error
    if path.suffix == ".json":
        yield str(path), decode_loose(data, str(path))
        return
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            yield f"{path}, line {number}", decode_loose(line, f"{path}, line {number}")


def iter_aligned(loose: Iterable[tuple[str, LooseDocument]], gold: Iterable[Document], *, threshold: float = THRESHOLD) -> Iterator[tuple[Document, Report]]:
    """Each loose document with the spans of its surfaces in the gold text, paired by doc_id, and the report on it.

    Of `gold` only the texts are used, and its spans where a lost surface must keep clear of them. Raises AlignmentError, naming file, line and place, for a
    doc_id that is not in gold or comes twice, a text that is not there or is another one, and annotations with neither words nor usable offsets.
    """
    by_id = {document.doc_id: document for document in gold}
    seen: set[str] = set()
    for where, document in loose:
        twin = by_id.get(document.doc_id)
        if twin is None:
            raise AlignmentError(f"{where}: {document.doc_id!r} is not in gold; align with the split that was predicted")
        if document.doc_id in seen:
            raise AlignmentError(f"{where}: the doc_id {document.doc_id} comes twice; each document is given once")
        seen.add(document.doc_id)
        text = twin.text if twin.text is not None else document.text
        if text is None:
            raise AlignmentError(f"{where}: {document.doc_id}: gold has no text to look in; hydrate it first")
        if twin.text_sha256 is not None and text_sha256(text) != twin.text_sha256:
            raise AlignmentError(f"{where}: {document.doc_id}: the text is not the one that gold was made on (its text_sha256 differs)")
        try:
            yield align(document, text, threshold=threshold, gold=twin)
        except AlignmentError as error:
            raise AlignmentError(f"{where}: {error}") from None


def align(document: LooseDocument, text: str, *, threshold: float = THRESHOLD, gold: Document | None = None) -> tuple[Document, Report]:
    """The document with the spans of its surfaces in `text`, and the report.

    Offsets whose words are the surface are kept, and so are offsets without a surface; wrong ones are looked for anew. Of several occurrences an argument
    takes the one nearest to its trigger, a cue or source the one nearest to its content (and outside it), wrong offsets the one nearest to them; all others
    take them in order, the n-th equal surface of a layer the n-th occurrence, and the first when they run out. The surfaces that come out are the words of
    the text. A quote of which a part of the content is lost keeps the others. With `gold`, lost surfaces keep clear of its spans.

    Raises AlignmentError for an empty surface, an annotation with neither surface nor usable offsets, a quote without content, another text than the
    document's own, and a text without a character to put a lost surface on; MissingExtraError when a fuzzy search is needed and rapidfuzz is not there.
    """
    if not 0 < threshold <= 1:
        raise AlignmentError(f"a threshold of {threshold} is no similarity; give one above 0 and up to 1")
    items = list(_items(document))
    fault = id_fault(document.doc_id) or _text_fault(document, text) or _fault(document, items, text)
    if fault:
        raise AlignmentError(f"{document.doc_id!r}: {fault}")
    search = _Search(text, threshold)
    for item in items:
        item.keep(text)
    for item in sorted(items, key=lambda i: bool(i.anchors)):
        if item.how != "kept":
            item.find(search)
    for layer in {item.layer for item in items if item.how == "lost"}:
        _put_lost([item for item in items if item.layer == layer], text, gold, document.doc_id)
    return _rebuilt(document, {item.place: item.at for item in items}, text), _report(document.doc_id, items)


@dataclass(slots=True, eq=False)
class _Item:
    """A surface on its way to a span. `taken` holds the places of its equals, `anchors` are the items that it stands near."""

    layer: str
    place: str
    span: LooseSpan
    taken: set[Place]
    anchors: Sequence[_Item] = ()
    anchor_name: str = ""
    at: Place = (0, 0)
    how: str = ""
    similarity: float | None = None
    choice: str | None = None
    repaired: bool = field(default=False)

    def keep(self, text: str) -> None:
        """Take the offsets that were given, if they are right."""
        start, end, surface = self.span.start, self.span.end, self.span.surface
        if start is None or end is None:
            return
        if 0 <= start < end <= len(text) and surface in (None, text[start:end]):
            self.at, self.how, self.similarity = (start, end), "kept", 1.0
            self.taken.add(self.at)
        else:
            self.repaired = True

    def find(self, search: _Search) -> None:
        """Look the surface up and choose among its occurrences."""
        self.how, occurrences, self.similarity = search.find(self.span.surface or "")
        if not occurrences:
            return
        free = [place for place in occurrences if place not in self.taken]
        anchors = [a.at for a in self.anchors if a.how not in ("", "lost")]
        if self.repaired:
            given = self.span.start or 0
            self.at, why = min(free or occurrences, key=lambda p: abs(p[0] - given)), "nearest to the offsets that were given"
        elif anchors:
            outside = self.layer == "quotes"
            self.at = min(free or occurrences, key=lambda p: (outside and any(_gap(p, a) < 0 for a in anchors), min(max(0, _gap(p, a)) for a in anchors)))
            why = f"nearest to the {self.anchor_name}"
        elif free:
            self.at, why = free[0], "in order"
        else:
            self.at, why = occurrences[0], "the first, as all are taken"
        self.taken.add(self.at)
        if len(occurrences) > 1:
            self.choice = f"occurrence {occurrences.index(self.at) + 1} of {len(occurrences)}, {why}"


def _gap(left: Place, right: Place) -> int:
    """How many characters lie between two spans; below 0 where they overlap."""
    return max(left[0] - right[1], right[0] - left[1])


def _many(value: Spans) -> tuple[LooseSpan, ...]:
    spans = () if value is None else value if isinstance(value, tuple) else (value,)
    return tuple(LooseSpan(surface=s) if isinstance(s, str) else s for s in spans)


def _items(document: LooseDocument) -> Iterator[_Item]:
    """Every span of a loose document, with the place names of `spans_of`."""
    entities: set[Place] = set()
    triggers: set[Place] = set()
    contents: set[Place] = set()
    blocks: set[Place] = set()
    for i, entity in enumerate(document.entities or ()):
        yield _Item("entities", f"entities[{i}]", entity, entities)
    for i, event in enumerate(document.events or ()):
        trigger = _Item("events", f"events[{i}].trigger", _many(event.trigger)[0], triggers)
        yield trigger
        roles: dict[str, set[Place]] = {}
        for j, argument in enumerate(event.arguments):
            yield _Item("events", f"events[{i}].arguments[{j}]", argument, roles.setdefault(argument.role, set()), (trigger,), "trigger")
    for i, quote in enumerate(document.quotes or ()):
        content = [_Item("quotes", f"quotes[{i}].content[{j}]", span, contents) for j, span in enumerate(_many(quote.content))]
        yield from content
        for name in ("cue", "source"):
            taken: set[Place] = set()
            for j, span in enumerate(_many(getattr(quote, name))):
                yield _Item("quotes", f"quotes[{i}].{name}[{j}]", span, taken, content, "content")
    for i, block in enumerate(document.boilerplate or ()):
        yield _Item("boilerplate", f"boilerplate[{i}]", block, blocks)


def _text_fault(document: LooseDocument, text: str) -> str | None:
    if document.text is not None and document.text != text:
        at = next((i for i, (a, b) in enumerate(zip(text, document.text, strict=False)) if a != b), min(len(text), len(document.text)))
        return f"$.text: it is not the text to align with: at character {at} that has {text[at : at + 20]!r}, the prediction {document.text[at : at + 20]!r}"
    if document.text_sha256 is not None and document.text_sha256 != text_sha256(text):
        return "$.text_sha256: the prediction was made on another text"
    return None


def _fault(document: LooseDocument, items: Iterable[_Item], text: str) -> str | None:
    for i, quote in enumerate(document.quotes or ()):
        if not _many(quote.content):
            return f"$.quotes[{i}].content: the quote has no content; give at least one span"
    for item in items:
        start, end, surface = item.span.start, item.span.end, item.span.surface
        fits = start is not None and end is not None and 0 <= start < end <= len(text)
        if surface is None and not fits:
            given = "nor offsets" if start is None or end is None else f"and the offsets {start}-{end} are no span of {len(text)} characters"
            return f"$.{item.place}: there is no surface {given}; give the words as they stand in the text"
        if surface is not None and not surface.strip() and not (fits and surface == text[start:end]):
            return f"$.{item.place}.surface: {surface!r} is empty; give the words as they stand in the text"
    return None


_SINGLE, _DOUBLE, _DASHES = "‘’‚‛′ʼ`´＇‹›", "“”„‟″«»＂", "‐‑‒–—―−﹘﹣－"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_SAME = str.maketrans({**dict.fromkeys(_SINGLE, "'"), **dict.fromkeys(_DOUBLE, '"'), **dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_INVISIBLE, ""), "…": "..."})
_UNIT = re.compile(rf"[\s{_INVISIBLE}]+|.[\u0300-\u036f]*")
_NUMBER = re.compile(r"\b\d+\b")
_SHORT = 64
"""Up to so many characters the numbers of a surface are its substance; so many are compared to find where a longer one begins and ends."""


class _Folded:
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


class _Search:
    """The text of one document, made ready for each step when that is first needed."""

    def __init__(self, text: str, threshold: float) -> None:
        self.text, self.threshold = text, threshold
        self.known: dict[str, tuple[str, list[Place], float | None]] = {}

    @cached_property
    def plain(self) -> _Folded:
        return _Folded(self.text, case=False)

    @cached_property
    def folded(self) -> _Folded:
        return _Folded(self.text, case=True)

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
        words = _Folded(surface, case=case).characters.strip(" ")
        return sorted({folded.place(*found) for found in _all(words, folded.characters)})

    def _fuzzy(self, surface: str) -> tuple[list[Place], float | None]:
        """The most similar stretches, if they reach the threshold, and the largest similarity seen."""
        try:
            from rapidfuzz.distance import Indel
        except ImportError:
            raise MissingExtraError("looking for words that are spelled otherwise in the text", "align") from None
        words = _Folded(surface, case=True).characters.strip(" ")
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


def _put_lost(items: Sequence[_Item], text: str, gold: Document | None, doc_id: str) -> None:
    """Give each lost item of a layer a character of its own (see the top of this module)."""
    layer = items[0].layer
    in_gold, in_found = bytearray(len(text)), bytearray(len(text))
    single = set()
    for place, start, end, _ in spans_of(gold) if gold is not None else ():
        if place.startswith(layer):
            in_gold[start:end] = b"\1" * len(in_gold[start:end])
            single |= {start} if end == start + 1 else set()
    for item in items:
        if item.how != "lost":
            in_found[item.at[0] : item.at[1]] = b"\1" * (item.at[1] - item.at[0])
    ranks = [5 if character.isalnum() else 4 for character in text]
    for run in re.finditer(r"\s+", text):
        breaks = run[0].count("\n")
        rank = 0 if run.end() == len(text) else 1 if breaks > 1 or run.start() == 0 else 2 if breaks else 3
        ranks[run.start() : run.end()] = [rank] * len(run[0])
    order = sorted((at for at in range(len(text)) if at not in single), key=lambda at: (in_gold[at], in_found[at], ranks[at], -at))
    lost = [item for item in items if item.how == "lost"]
    free = [at for at in order if not in_gold[at] and not in_found[at]] or order
    if not free:
        raise AlignmentError(f"{doc_id!r}: $.{lost[0].place}: {lost[0].span.surface!r} is not in the text, which has no character to count it on")
    for item, at in zip(lost, cycle(free), strict=False):
        item.at = (at, at + 1)


def _report(doc_id: str, items: Sequence[_Item]) -> Report:
    counts = Counter(item.how for item in items)
    notes = tuple(
        Note(doc_id, i.layer, i.place, i.span.surface or "", i.how, i.similarity, *i.at, i.choice, i.repaired)
        for i in items
        if i.how != "kept" and (i.how != "exact" or i.choice or i.repaired)
    )
    return Report(
        **{how: counts[how] for how in HOW},
        ambiguous=sum(i.choice is not None for i in items),
        repaired=sum(i.repaired for i in items),
        notes=notes,
    )


def _rebuilt(document: LooseDocument, at: dict[str, Place], text: str) -> Document:
    """The document of the model that `document` becomes with its spans at these places."""

    def span(place: str) -> dict[str, Any]:
        start, end = at[place]
        return {"start": start, "end": end, "surface": text[start:end]}

    def spans(place: str, value: Spans) -> tuple[Span, ...]:
        return tuple(Span(**span(f"{place}[{j}]")) for j in range(len(_many(value))))

    def with_arguments(i: int, event: LooseEvent) -> Event:
        arguments = tuple(Argument(**msgspec.structs.asdict(a) | span(f"events[{i}].arguments[{j}]")) for j, a in enumerate(event.arguments))
        return Event(**msgspec.structs.asdict(event) | {"trigger": Span(**span(f"events[{i}].trigger")), "arguments": arguments})

    def with_parts(i: int, quote: LooseQuote) -> Quote:
        parts = {name: spans(f"quotes[{i}].{name}", getattr(quote, name)) for name in ("content", "cue", "source")}
        return Quote(**msgspec.structs.asdict(quote) | parts)

    return Document(
        doc_id=document.doc_id,
        text=document.text,
        text_sha256=text_sha256(text),
        meta=document.meta,
        entities=_map(document.entities, lambda i, e: Entity(**msgspec.structs.asdict(e) | span(f"entities[{i}]"))),
        events=_map(document.events, with_arguments),
        quotes=_map(document.quotes, with_parts),
        boilerplate=_map(document.boilerplate, lambda i, b: BoilerplateSpan(**msgspec.structs.asdict(b) | span(f"boilerplate[{i}]"))),
    )


def _map(layer: Sequence[Any] | None, build: Any) -> Any:
    return None if layer is None else tuple(build(i, annotation) for i, annotation in enumerate(layer))
