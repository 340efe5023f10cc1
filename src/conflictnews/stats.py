"""What the corpus holds, counted: pages by outlet, region and genre, lengths, labels, contested events, kinds of quotes, densities of composed beside real pages.

Texts of standoff documents are not in the corpus, so what needs them (words, sentences, paragraphs inside quotes) is measured once where they are at hand and kept in ``text_figures.json``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import mean, median
from typing import Any

import msgspec

from conflictnews.errors import ConflictNewsError
from conflictnews.model import Document
from conflictnews.schema import Schema

PARAGRAPH = re.compile(r"\n[^\S\n]*\n|\n(?=[^\S\n]*[“\"«‘'])")
"""What ends a paragraph inside a quote: an empty line, or a line that opens marks anew."""

_SENTENCE = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][”\"’')\]]))\s+(?=[“\"‘'(\[]*[A-Z0-9])")
_BLOCK = re.compile(r"\n[^\S\n]*\n")


class TextFigures(msgspec.Struct, frozen=True):
    """What is counted on a document's text: `words` of the page, `main_words` outside its furniture, `sentences` of those, and quotes of several spans or paragraphs."""

    words: int
    main_words: int
    sentences: int
    long_quotes: int


def text_figures(document: Document, schema: Schema) -> TextFigures:
    """The figures of a document whose text is at hand; words are what white space separates."""
    text = document.text
    if text is None:
        raise ConflictNewsError(f"{document.doc_id}: its text is not at hand; run `conflictnews hydrate`")
    main = main_part(document, schema)
    long = sum(len(q.content) > 1 or any(PARAGRAPH.search(text[s.start : s.end]) for s in q.content) for q in document.quotes or ())
    return TextFigures(len(text.split()), len(main.split()), len(sentences(main)), long)


def main_part(document: Document, schema: Schema) -> str:
    """The text without its furniture (the positive policy class), each block of which becomes an empty line."""
    text, kept, at = document.text or "", [], 0
    furniture = sorted((b.start, b.end) for b in document.boilerplate or () if schema.policies.get(b.label) == schema.boilerplate.positive_policy)
    for start, end in furniture:
        kept.append(text[at:start])
        at = max(at, end)
    return "\n\n".join([*kept, text[at:]])


def sentences(text: str) -> list[str]:
    """The sentences of running text, white space folded: cut at stops before a capital or a digit, and at empty lines; a rule of thumb that is the same for every page."""
    return [" ".join(s.split()) for block in _BLOCK.split(text) for s in _SENTENCE.split(block.strip()) if s.strip()]


def statistics(splits: Mapping[str, Sequence[Document]], kept: Mapping[str, TextFigures], schema: Schema) -> dict[str, Any]:
    """Every figure that the card and `conflictnews stats` show, as plain data; `kept` has the figures of the documents whose text is not at hand."""
    documents = [d for members in splits.values() for d in members]
    figures = {d.doc_id: text_figures(d, schema) if d.text is not None else kept[d.doc_id] for d in documents if d.text is not None or d.doc_id in kept}
    composed = [d for d in documents if d.meta.get("collection") == "composed"]
    return {
        "pages": {
            "documents": len(documents),
            "composed": len(composed),
            "real": len(documents) - len(composed),
            "outlets": len({d.meta.get("publisher") for d in composed}),
            "regions": _tally(d.meta.get("region") for d in composed),
            "genres": _tally(d.meta.get("genre") for d in composed),
            "with_furniture": sum(_has_furniture(d, schema) for d in composed),
        },
        "words": {name: _spread([figures[d.doc_id].words for d in members if d.doc_id in figures]) for name, members in groups(documents).items()},
        "boilerplate": {label: sum(b.label == label for d in documents for b in d.boilerplate or ()) for label in schema.boilerplate.labels},
        "events": {
            label: {"all": sum(v.label == label for d in documents for v in d.events or ()), "test": sum(v.label == label for d in splits.get("test", ()) for v in d.events or ())}
            for label in schema.events.labels
        },
        "contested": {value: sum(v.factuality == value for d in documents for v in d.events or ()) for value in schema.events.factuality if value in ("claimed", "denied")},
        "quotes": {
            "all": sum(len(d.quotes or ()) for d in documents),
            "several_spans_or_paragraphs": sum(f.long_quotes for f in figures.values()),
            "pronoun_source": sum(_by_pronoun(d) for d in documents),
        },
        "densities": {name: densities(members, figures, schema) for name, members in groups(documents).items()},
    }


def groups(documents: Iterable[Document]) -> dict[str, list[Document]]:
    """Documents by what they are compared as: composed, real, and each collection of real ones."""
    found: dict[str, list[Document]] = {"composed": [], "real": []}
    for d in documents:
        name = str(d.meta.get("collection"))
        if name == "composed":
            found["composed"].append(d)
        else:
            found["real"].append(d)
            found.setdefault(name, []).append(d)
    return found


def densities(documents: Iterable[Document], figures: Mapping[str, TextFigures], schema: Schema) -> dict[str, float | None]:
    """Annotations per 100 words outside furniture, words per sentence, and the share of events that somebody claims or denies; None where nothing is there to divide by."""
    members = [d for d in documents if d.doc_id in figures]
    words = sum(figures[d.doc_id].main_words for d in members)
    primary = schema.entities.primary_levels
    events = [v for d in members for v in d.events or ()]

    def per(count: int, whole: int, unit: int = 1) -> float | None:
        return unit * count / whole if whole else None

    return {
        "names_and_values": per(sum(e.level in primary for d in members for e in d.entities or ()), words, 100),
        "mentions": per(sum(len(d.entities or ()) for d in members), words, 100),
        "events": per(len(events), words, 100),
        "arguments": per(sum(len(v.arguments) for v in events), words, 100),
        "quotes": per(sum(len(d.quotes or ()) for d in members), words, 100),
        "words_per_sentence": per(words, sum(figures[d.doc_id].sentences for d in members)),
        "contested_events": per(sum(v.factuality in ("claimed", "denied") for v in events), len(events)),
    }


def _by_pronoun(document: Document) -> int:
    pronouns = {(e.start, e.end) for e in document.entities or () if e.level == "PRO"}
    return sum(any((s.start, s.end) in pronouns for s in q.source) for q in document.quotes or ())


def _has_furniture(document: Document, schema: Schema) -> bool:
    return any(schema.policies.get(b.label) == schema.boilerplate.positive_policy for b in document.boilerplate or ())


def _tally(values: Iterable[Any]) -> dict[str, int]:
    return dict(sorted(Counter(map(str, values)).items(), key=lambda row: (-row[1], row[0])))


def _spread(values: Sequence[int]) -> dict[str, float | int]:
    if not values:
        return {}
    return {"documents": len(values), "total": sum(values), "min": min(values), "median": median(values), "mean": mean(values), "max": max(values)}
