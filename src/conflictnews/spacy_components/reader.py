"""The corpus, or a file of documents, as training examples for spaCy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.corpus import load_corpus
from conflictnews.errors import ConflictNewsError
from conflictnews.io.formats import format_of, refuse_standoff
from conflictnews.io.spacy import ALIGNMENTS, Range, Tokens, outermost
from conflictnews.io.spacy_rows import TRIGGER, Row, rows_of
from conflictnews.model import LAYERS, Document
from conflictnews.schema import load_schema

GOLD = "conflictnews_gold"
"""The entry of a reference's user_data with the whole gold document as JSON: what the scorers score against."""


def corpus_reader(
    layer: str | list[str],
    path: str | Path | None = None,
    split: str | None = None,
    alignment: str = ALIGNMENTS[0],
    levels: list[str] | None = None,
    limit: int = 0,
) -> Callable[[Any], Iterator[Any]]:
    """What ``[corpora.train]`` wants: a function from a pipeline to its examples, one a document (``conflictnews.Corpus.v1``).

    The documents are those of `path`, in any format of `conflictnews.io.formats`, or else of the `split` of the corpus; those without the `layer` are passed over, and
    `limit` takes the first so many. The reference has what the layer's component learns: ``doc.ents``, the outermost mentions of `levels` (by default those of the headline score);
    ``doc.spans["entities"]``, all of them; ``["events"]``, the triggers; ``["quotes"]``, content, cue and source; ``["boilerplate"]``, the lines of every block.
    `alignment` says what becomes of an edge inside a token (`conflictnews.io.spacy.ALIGNMENTS`).
    """
    wanted = [layer] if isinstance(layer, str) else list(layer)
    for name in wanted:
        if name not in LAYERS:
            raise ConflictNewsError(f"there is no layer {name!r}; the layers are {', '.join(LAYERS)}")
    if alignment not in ALIGNMENTS:
        raise ConflictNewsError(f"there is no alignment {alignment!r}; choose {', '.join(ALIGNMENTS)}")
    if path is None and split is None:
        raise ConflictNewsError("the reader has neither a path nor a split; give it one of them")
    documents: list[Document] = []

    def examples(nlp: Any) -> Iterator[Any]:
        if not documents:
            documents.extend(_documents(path, split, wanted))
        for document in documents[: limit or None]:
            yield example(document, nlp, wanted, alignment=alignment, levels=levels)

    return examples


def _documents(path: str | Path | None, split: str | None, layers: list[str]) -> list[Document]:
    found: Iterable[Document] = format_of(Path(path))[1].load().read(Path(path)) if path is not None else load_corpus(str(split))
    usable = [document for document in found if all(document.layer(layer) is not None for layer in layers)]
    if not usable:
        raise ConflictNewsError(f"{path or split}: no document has the layer {' and '.join(layers)}; there is nothing to train on")
    refuse_standoff(usable, "a training example")
    return usable


def example(document: Document, nlp: Any, layers: Iterable[str], *, alignment: str = ALIGNMENTS[0], levels: list[str] | None = None) -> Any:
    """One document as a spaCy Example: its words in the pipeline's tokens, and beside it the same with the annotations of `layers`."""
    from spacy.tokens import Span
    from spacy.training import Example

    reference = nlp.make_doc(document.text)
    tokens = Tokens(reference)
    for layer in layers:
        placed = [(row, tokens.place(row.start, row.end, alignment)) for row in learnt(document, layer, levels)]
        trimmed = [(row, _without_blank_edges(reference, place)) for row, place in placed if place is not None]
        spans = [Span(reference, *place, label=row.label) for row, place in trimmed if place[0] < place[1]]
        reference.spans[layer] = spans
        if layer == "entities":
            reference.ents = [spans[i] for i in outermost((s.start, s.end) for s in spans)]
    reference.user_data[GOLD] = msgspec.json.encode(document).decode()
    return Example(nlp.make_doc(document.text), reference)


def learnt(document: Document, layer: str, levels: list[str] | None = None) -> list[Row]:
    """The rows of a layer that a component can learn one by one (see `corpus_reader`)."""
    annotations = document.layer(layer) or ()
    if layer == "entities":
        kept = levels if levels is not None else load_schema().entities.primary_levels
        annotations = tuple(e for e in annotations if e.level is None or e.level in kept)
    rows = rows_of(layer, annotations)
    if layer == "events":
        return [row for row in rows if row.id == TRIGGER]
    if layer == "boilerplate":
        return [Row(start, end, row.label) for row in rows for start, end in _lines(document.text or "", row.start, row.end)]
    return list(rows)


def _lines(text: str, start: int, end: int) -> Iterator[Range]:
    """The lines of ``text[start:end]`` that are not blank."""
    for line in text[start:end].split("\n"):
        if line.strip():
            yield start, start + len(line)
        start += len(line) + 1


def _without_blank_edges(doc: Any, place: Range) -> Range:
    """Token positions without white space at the edges, which no entity may have."""
    first, last = place
    while first < last and doc[first].is_space:
        first += 1
    while last > first and doc[last - 1].is_space:
        last -= 1
    return first, last
