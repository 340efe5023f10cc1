"""Suggesters for spaCy's span categoriser: the stretches of a page that may be a quote's content, or page furniture.

The default suggester gives n-grams of one to three tokens, and a categoriser never finds what is not suggested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

Range = tuple[int, int]
Suggester = Callable[..., Any]

MARKS = {"“": "”", "„": "“”", "«": "»", "‹": "›", "‘": "’", '"': '"', "'": "'", "`": "'"}
"""Opening quotation mark -> the marks that may close it."""

CLOSERS = 3
"""An opening mark goes with each of so many closing ones: an apostrophe or a mark inside may look like the end."""

SENTENCE_ENDS = frozenset(".!?…")
AFTER = SENTENCE_ENDS | frozenset(")]") | frozenset("".join(MARKS.values()))
"""A stretch may end after a token made of these."""

BEFORE = SENTENCE_ENDS | frozenset(",;:()[]–—-")
"""A stretch may end before a token made of these."""


def quote_suggester(ngrams: int = 6, clauses: int = 6, sentences: int = 3, paragraphs: int = 2) -> Suggester:
    """Candidates for content, cue and source (``conflictnews.quote_suggester.v1``).

    They are: what stands between quotation marks; runs of up to `paragraphs` paragraphs and, inside one, of up to `sentences` sentences, and from a sentence or a colon to its end;
    from each word to each of the next `clauses` places where a clause may end; and runs of up to `ngrams` tokens.
    """

    def candidates(doc: Any) -> set[Range]:
        blocks = list(_blocks(doc))
        found = set(_marked(doc)) | set(_runs(blocks, paragraphs))
        for block in blocks:
            parts = list(_sentences(doc, *block))
            found.update(_runs(parts, sentences))
            found.update((start, block[1]) for start, _ in parts)
            found.update((i + 1, block[1]) for i in range(block[0], block[1] - 1) if doc[i].text == ":")
            found.update(_clauses(doc, *block, clauses))
            found.update((i, i + n) for i in range(*block) for n in range(1, ngrams + 1) if i + n <= block[1])
        return {(i, j) for i, j in found if not doc[i].is_space and not doc[j - 1].is_space}

    return _suggester(candidates)


def line_suggester(lines: int = 1) -> Suggester:
    """The lines of a page that are not blank, and runs of up to `lines` of them (``conflictnews.line_suggester.v1``)."""
    return _suggester(lambda doc: set(_runs(list(_parts(doc, lambda token: "\n" in token.text)), lines)))


def _suggester(candidates: Callable[[Any], set[Range]]) -> Suggester:
    """What spaCy calls: docs -> a Ragged of token ranges, in order."""

    def suggest(docs: Iterable[Any], *, ops: Any = None) -> Any:
        from thinc.api import Ragged, get_current_ops

        ops = ops or get_current_ops()
        found = [sorted(candidates(doc)) for doc in docs]
        rows = [span for spans in found for span in spans]
        return Ragged(ops.asarray2i(rows) if rows else ops.alloc2i(0, 2), ops.asarray1i([len(spans) for spans in found]))

    return suggest


def _parts(doc: Any, cut: Callable[[Any], bool]) -> Iterator[Range]:
    """The stretches between the tokens that `cut` says, without white space at their edges; empty ones are passed over."""
    first = 0
    for last in [*(token.i for token in doc if cut(token)), len(doc)]:
        inked = [i for i in range(first, last) if not doc[i].is_space]
        if inked:
            yield inked[0], inked[-1] + 1
        first = last + 1


def _blocks(doc: Any) -> Iterator[Range]:
    """Paragraphs: what stands between blank lines."""
    return _parts(doc, lambda token: token.is_space and token.text.count("\n") > 1)


def _runs(parts: list[Range], most: int) -> Iterator[Range]:
    """Every run of up to `most` parts in a row."""
    for i in range(len(parts)):
        for j in range(i, min(i + most, len(parts))):
            yield parts[i][0], parts[j][1]


def _made_of(token: Any, characters: frozenset[str]) -> bool:
    return characters.issuperset(token.text)


def _sentences(doc: Any, first: int, last: int) -> Iterator[Range]:
    """Stretches up to a full stop, question or exclamation mark with the closing marks after it."""
    start = first
    for i in range(first, last):
        stops = [k for k in range(i, start - 1, -1) if not _made_of(doc[k], AFTER)][:1] or [start]
        ended = any(_made_of(doc[k], SENTENCE_ENDS) for k in range(stops[0] + 1, i + 1))
        if i + 1 == last or (ended and not _made_of(doc[i + 1], AFTER)):
            yield start, i + 1
            start = i + 1


def _clauses(doc: Any, first: int, last: int, most: int) -> Iterator[Range]:
    """From each token to the next `most` places where a clause may end: at punctuation, at a line's end, at the end of all."""
    ends = [j for j in range(first + 1, last + 1) if j == last or "\n" in doc[j].text or _made_of(doc[j], BEFORE) or _made_of(doc[j - 1], AFTER)]
    at = 0
    for i in range(first, last):
        while at < len(ends) and ends[at] <= i:
            at += 1
        yield from ((i, j) for j in ends[at : at + most])


def _marked(doc: Any) -> Iterator[Range]:
    """From each opening quotation mark to the next closing ones, marks included."""
    for token in doc:
        closing = MARKS.get(token.text[0], "")
        marks = [other.i for other in doc[token.i + 1 : token.i + 400] if other.text[-1] in closing] if closing else []
        yield from ((token.i, j + 1) for j in marks[:CLOSERS])
