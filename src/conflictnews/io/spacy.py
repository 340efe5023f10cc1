"""spaCy's ``.spacy`` files (`DocBin`): the layers as entities and span groups on the tokens of spaCy's blank English tokeniser.

``doc.ents`` are the outermost mentions; ``doc.spans["entities"]``, ``["events"]``, ``["quotes"]`` and ``["boilerplate"]`` hold everything, with label, ``kb_id_`` and ``id_``
as `conflictnews.io.spacy_rows` tells. ``doc.user_data["doc_id"]`` is the document's id, ``doc.user_data["conflictnews"]`` a JSON text with every other field and the exact
offsets, for an edge may fall inside a token. A group that is not there is a layer that was not attempted.

Reading gives the documents that were written, to the last field; where entities or spans were changed since, the change counts. Files by others need neither of the two
entries. Nothing in a file is run: the entries are plain MessagePack.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from conflictnews.errors import ConflictNewsError, DocumentError
from conflictnews.io.formats import refuse_standoff
from conflictnews.io.jsondoc import write_atomically
from conflictnews.io.spacy_rows import Row, Written, layer_of, rows_of
from conflictnews.model import LAYERS, Document, first_fault, text_sha256

ALIGNMENTS = ("expand", "contract", "strict")
"""What to do with an edge inside a token: take the token in, leave it out, or leave out the span."""

RECORD, DOC_ID = "conflictnews", "doc_id"
"""Our two entries in a Doc's user_data."""

OTHER_SPANS = "spacy_spans"
"""The entry of ``meta`` that takes span groups with names of their own: name -> [start, end, label] each."""

Range = tuple[int, int]
Doc = Any


class Record(msgspec.Struct, frozen=True):
    """What rides along: the document without its text, where its rows were put (characters; None where no token could hold one), and the entities that were set."""

    document: Document
    text_sha256: str
    placed: dict[str, tuple[Range | None, ...]]
    ents: tuple[Row, ...] = ()


class Placement(msgspec.Struct, frozen=True):
    """How many spans of a layer lie on tokens: as they are, after moving an edge, or not at all."""

    exact: int = 0
    moved: int = 0
    left_out: int = 0


class Tokens:
    """Where the tokens of a Doc start and end, in characters."""

    def __init__(self, doc: Doc) -> None:
        self.starts: list[int] = [token.idx for token in doc]
        self.ends: list[int] = [token.idx + len(token) for token in doc]

    def place(self, start: int, end: int, alignment: str = ALIGNMENTS[0]) -> Range | None:
        """First token and the one after the last of ``[start, end)``, or None where no token will do."""
        if alignment not in ALIGNMENTS:
            raise ConflictNewsError(f"there is no alignment {alignment!r}; choose {', '.join(ALIGNMENTS)}")
        first, last = bisect_right(self.ends, start), bisect_left(self.starts, end)
        if first < last and alignment != "expand":
            first, last = bisect_left(self.starts, start), bisect_right(self.ends, end)
            if first < last and alignment == "strict" and self.characters(first, last) != (start, end):
                return None
        return (first, last) if first < last else None

    def characters(self, first: int, last: int) -> Range:
        """The characters from token `first` to the one before `last`."""
        return self.starts[first], self.ends[last - 1]


def outermost(ranges: Iterable[Range]) -> list[int]:
    """Which ranges remain when those that overlap a longer one (of equal ones an earlier one) are left out."""
    taken: set[int] = set()
    chosen = []
    for i, (first, last) in sorted(enumerate(ranges), key=lambda item: (item[1][0] - item[1][1], item[1][0], item[0])):
        if taken.isdisjoint(range(first, last)):
            taken.update(range(first, last))
            chosen.append(i)
    return sorted(chosen)


@cache
def tokenizer() -> Callable[[str], Doc]:
    """The tokeniser of a blank English pipeline."""
    import spacy

    found: Callable[[str], Doc] = spacy.blank("en").tokenizer
    return found


def to_doc(document: Document, tokenize: Callable[[str], Doc], *, alignment: str = ALIGNMENTS[0]) -> Doc:
    """A spaCy Doc with everything that a document has; ConflictNewsError where it has no text or an impossible span."""
    from spacy.tokens import Span

    refuse_standoff([document], "a Doc")
    text = document.text or ""
    fault = first_fault(document)
    if fault:
        raise DocumentError(f"{document.doc_id}: {fault}")
    try:
        doc = tokenize(text)
    except UnicodeEncodeError as error:
        raise DocumentError(f"{document.doc_id}: character {error.start} of the text is one half of a surrogate pair, which is no character; write whole characters") from None
    if doc.text != text:
        raise DocumentError(f"{document.doc_id}: the tokeniser does not give the text back as it was; use one that does, as spaCy's own do")
    tokens = Tokens(doc)
    placed: dict[str, tuple[Range | None, ...]] = {}
    for layer in LAYERS:
        annotations = document.layer(layer)
        if annotations is None:
            continue
        rows = rows_of(layer, annotations)
        ranges = [tokens.place(row.start, row.end, alignment) for row in rows]
        spans = [Span(doc, *r, label=row.label, kb_id=row.of, span_id=row.id) for row, r in zip(rows, ranges, strict=True) if r is not None]
        placed[layer] = tuple(r and tokens.characters(*r) for r in ranges)
        doc.spans[layer] = spans
        if layer == "entities":
            doc.ents = [spans[i] for i in outermost((s.start, s.end) for s in spans)]
    record = Record(replace(document, text=None), text_sha256(text), placed, tuple(rows_in(doc, doc.ents, tokens)))
    doc.user_data[DOC_ID] = document.doc_id
    doc.user_data[RECORD] = msgspec.json.encode(record).decode()
    return doc


def rows_in(doc: Doc, spans: Iterable[Any], tokens: Tokens) -> Iterator[Row]:
    """The rows of spaCy spans, with the characters of their tokens; DocumentError for a span that cannot be one."""
    strings = doc.vocab.strings
    try:
        spans = list(spans)
    except (IndexError, ValueError) as error:
        raise DocumentError(f"a span does not lie in the document ({error}); write the file again") from None
    for span in spans:
        if not 0 <= span.start < span.end <= len(doc):
            raise DocumentError(f"a span from token {span.start} to {span.end} does not lie in the document, which has {len(doc)} tokens")
        if span.label and span.label not in strings:
            raise DocumentError(
                f"the label of the span from token {span.start} to {span.end} is a number without its name; write the file again with the vocabulary of the pipeline"
            )
        of, id_ = (strings[key] for key in (span.kb_id if span.kb_id in strings else 0, span.id if span.id in strings else 0))
        yield Row(*tokens.characters(span.start, span.end), strings[span.label], of, id_)


def from_doc(doc: Doc, *, doc_id: str = "", lenient: bool = False) -> Document:
    """The document in a Doc: as it was written if nobody touched it, else with the changes.

    `doc_id` is for a Doc that names none. With `lenient`, parts of quotes and arguments that belong to nothing are left out; otherwise they raise DocumentError.
    """
    tokens, record = Tokens(doc), _record(doc)
    base = record.document if record else Document(doc_id=str(doc.user_data.get(DOC_ID) or doc_id))
    where = doc.user_data.get(DOC_ID) or base.doc_id
    if not isinstance(where, str):
        raise DocumentError(f"user_data[{DOC_ID!r}] is {where!r}; an id is a string")
    layers: dict[str, Any] = {}
    for layer in LAYERS:
        rows, written = _rows_now(doc, layer, tokens), _written(record, layer)
        if layer == "entities":
            rows = _with_ents(doc, rows, tokens, record)
        layers[layer] = None if rows is None else layer_of(layer, rows, base.layer(layer) or (), written, lenient=lenient)
    others = {str(name): [list(row.place) for row in rows_in(doc, group, tokens)] for name, group in doc.spans.items() if name not in LAYERS}
    meta = base.meta | {OTHER_SPANS: others} if others else base.meta
    return replace(base, doc_id=where, text=doc.text, meta=meta, **layers)


def _record(doc: Doc) -> Record | None:
    """What rode along in a Doc, checked; None where nothing did."""
    data = doc.user_data.get(RECORD)
    if data is None:
        return None
    try:
        record = msgspec.json.decode(data, type=Record)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError) as error:
        raise DocumentError(f"user_data[{RECORD!r}] is damaged ({error}); delete it to read the entities and spans alone") from None
    whole = all(len(_rows(record, layer)) == len(record.placed.get(layer, ())) for layer in LAYERS)
    if not whole or record.text_sha256 != text_sha256(doc.text):
        raise DocumentError(f"user_data[{RECORD!r}] was written for {'other annotations' if not whole else 'another text'}; delete it to read the entities and spans alone")
    return record


def _rows(record: Record, layer: str) -> tuple[Row, ...]:
    return rows_of(layer, record.document.layer(layer) or ())


def _written(record: Record | None, layer: str) -> Written:
    if record is None:
        return ()
    return tuple(place and replace(row, start=place[0], end=place[1]) for row, place in zip(_rows(record, layer), record.placed.get(layer, ()), strict=True))


def _rows_now(doc: Doc, layer: str, tokens: Tokens) -> list[Row] | None:
    return list(rows_in(doc, doc.spans[layer], tokens)) if layer in doc.spans else None


def _with_ents(doc: Doc, rows: list[Row] | None, tokens: Tokens, record: Record | None) -> list[Row] | None:
    """The rows of the entity group with what was changed in ``doc.ents`` since; None where there is neither.

    An entity that has gone takes the mentions inside it along, but for those inside an entity that is there now.
    """
    if rows is None and not doc.has_annotation("ENT_IOB"):
        return None
    before = Counter(record.ents if record and rows is not None else ())
    after = Counter(rows_in(doc, doc.ents, tokens))
    if before == after:
        return rows or []
    gone = before - after
    kept = []
    for row in rows or []:
        if gone[row] > 0:
            gone[row] -= 1
        elif _inside(row, after) or not _inside(row, gone):
            kept.append(row)
    there = {row.place for row in kept}
    return kept + [row for row in (after - before).elements() if row.place not in there]


def _inside(row: Row, others: Iterable[Row]) -> bool:
    return any(other.start <= row.start and row.end <= other.end for other in others)


def alignment_report(documents: Iterable[Document], *, alignment: str = ALIGNMENTS[0]) -> dict[str, Placement]:
    """Layer -> how many of its spans (triggers, arguments and the parts of quotes each count) lie on the tokens of the blank English tokeniser."""
    tokenize = tokenizer()
    counts: Counter[tuple[str, str]] = Counter()
    for document in documents:
        refuse_standoff([document], "a Doc")
        tokens = Tokens(tokenize(document.text or ""))
        for layer in LAYERS:
            for row in rows_of(layer, document.layer(layer) or ()):
                place = tokens.place(row.start, row.end, alignment)
                counts[layer, "left_out" if place is None else "exact" if tokens.characters(*place) == (row.start, row.end) else "moved"] += 1
    return {layer: Placement(**{name: counts[layer, name] for name in Placement.__struct_fields__}) for layer in LAYERS}


def write(documents: Iterable[Document], path: Path, *, alignment: str = ALIGNMENTS[0]) -> None:
    """Documents as a DocBin, whole or not at all; `alignment` is one of `ALIGNMENTS` and changes the spans of the Docs, not what `read` gives."""
    from spacy.tokens import DocBin

    tokenize = tokenizer()
    found = DocBin(store_user_data=True, docs=[to_doc(document, tokenize, alignment=alignment) for document in documents])
    write_atomically(path, found.to_bytes())


def read(path: Path) -> Iterator[Document]:
    """The documents of a DocBin, ours or anybody's. A Doc without an id is called by the file's name and its number (``pages-0001``)."""
    from spacy.vocab import Vocab

    seen: set[str] = set()
    for number, doc in enumerate(_docs(path, Vocab()), 1):
        where = f"{path}, document {number}"
        try:
            document = from_doc(doc, doc_id=f"{path.stem}-{number:04}")
        except DocumentError as error:
            raise DocumentError(f"{where}: {error}") from None
        fault = first_fault(document)
        if fault:
            raise DocumentError(f"{where}: {fault}")
        if document.doc_id in seen:
            raise DocumentError(f"{where}: the doc_id {document.doc_id} comes twice; give each Doc its own in user_data[{DOC_ID!r}]")
        seen.add(document.doc_id)
        yield document


def _docs(path: Path, vocab: Any) -> Sequence[Doc]:
    """The Docs of a file; whatever spaCy stumbles over in it becomes a DocumentError."""
    from spacy.tokens import DocBin

    try:
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        docs = list(DocBin().from_bytes(data).get_docs(vocab))
        for doc in docs:
            _ = doc.ents
    except Exception as error:  # a file by anybody may fail anywhere in the library
        reason = str(error).split("\n")[0][:200]
        raise DocumentError(f"{path}: is no DocBin, or a damaged one ({type(error).__name__}: {reason}); write it again with DocBin.to_disk") from None
    return docs


def losses(document: Document) -> Iterator[str]:
    """Nothing: what tokens cannot hold rides along."""
    yield from ()
