"""The corpus as flat tables, one config each: what Hugging Face `datasets`, Polars and DuckDB read.

A column's type is written once, in `CONFIGS` and `conflictnews.columns`; Arrow schema, `datasets` features and the card's YAML follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from conflictnews.columns import DOCUMENT, ENTITY, EVENT, QUOTE, Columns, arrow_type, feature, meta_columns
from conflictnews.model import Document
from conflictnews.schema import Schema
from conflictnews.tokens import TOKEN

if TYPE_CHECKING:
    import pyarrow as pa

CONTEXT = 60
"""Characters of text given on each side of an annotation."""

HF_SPLITS = {"train": "train", "dev": "validation", "test": "test", "test_real": "test_real"}
"""Our split -> the name that Hugging Face gives it."""

_AROUND: Columns = {"left": "string", "right": "string"}

CONFIGS: dict[str, Columns] = {
    "documents": DOCUMENT,
    "entities": {"doc_id": "string", **ENTITY, **_AROUND},
    "events": {"doc_id": "string", **EVENT, **_AROUND},
    "quotes": {"doc_id": "string", **QUOTE, **_AROUND},
    "boilerplate": {"doc_id": "string", "line": "int64", "start": "int64", "end": "int64", "label": "string", "policy": "string", "surface": "string"},
    "ner": {"doc_id": "string", "paragraph": "int64", "tokens": ["string"], "starts": ["int64"], "ner_tags": ["tag"]},
}
"""Config -> its columns; the first is the default."""


def ner_tags(schema: Schema) -> list[str]:
    """The names of the token tags, in order of their numbers: O, then B- and I- of each label that names or values can have."""
    labels = [name for name, label in schema.entities.labels.items() if set(label.levels) & set(schema.entities.primary_levels)]
    return ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]


def _around(document: Document, start: int, end: int) -> dict[str, str | None]:
    if document.text is None:
        return {"left": None, "right": None}
    return {"left": document.text[max(0, start - CONTEXT) : start], "right": document.text[end : end + CONTEXT]}


def _plain(value: msgspec.Struct) -> dict[str, Any]:
    """A struct as nested dicts and lists, absent fields as None."""
    plain = msgspec.structs.asdict(value)
    return {
        key: _plain(v) if isinstance(v, msgspec.Struct) else [_plain(x) if isinstance(x, msgspec.Struct) else x for x in v] if isinstance(v, tuple) else v
        for key, v in plain.items()
    }


def document_rows(document: Document, schema: Schema) -> Iterator[dict[str, Any]]:
    """One row a document, all layers nested."""
    row = _plain(document)
    row["meta"], row["meta_json"] = meta_columns(document.meta)
    yield row


def entity_rows(document: Document, schema: Schema) -> Iterator[dict[str, Any]]:
    """One row a mention, with context."""
    for e in document.entities or ():
        yield {"doc_id": document.doc_id, **_plain(e), **_around(document, e.start, e.end)}


def event_rows(document: Document, schema: Schema) -> Iterator[dict[str, Any]]:
    """One row an event mention, with the context of its trigger."""
    for v in document.events or ():
        yield {"doc_id": document.doc_id, **_plain(v), **_around(document, v.trigger.start, v.trigger.end)}


def quote_rows(document: Document, schema: Schema) -> Iterator[dict[str, Any]]:
    """One row a quote, with the context of its content."""
    for q in document.quotes or ():
        yield {"doc_id": document.doc_id, **_plain(q), **_around(document, q.content[0].start, q.content[-1].end)}


def boilerplate_rows(document: Document, schema: Schema) -> Iterator[dict[str, Any]]:
    """One row a visible line, MAIN where no block covers it; of a document without text one row a block, without line and surface."""
    blocks = document.boilerplate or ()
    policies = schema.policies
    if document.text is None:
        for b in blocks:
            yield {"doc_id": document.doc_id, "line": None, "start": b.start, "end": b.end, "label": b.label, "policy": policies.get(b.label), "surface": None}
        return
    at = 0
    for number, line in enumerate(document.text.split("\n"), 1):
        start, end = at, at + len(line)
        at = end + 1
        if not line.strip():
            continue
        covered = {b: min(b.end, end) - max(b.start, start) for b in blocks if b.start < end and start < b.end}
        block = max(covered, key=lambda b: covered[b], default=None)
        label = block.label if block is not None and 2 * covered[block] > end - start else "MAIN"
        yield {"doc_id": document.doc_id, "line": number, "start": start, "end": end, "label": label, "policy": policies.get(label, "MAIN"), "surface": line}


def ner_rows(document: Document, schema: Schema) -> Iterator[dict[str, Any]]:
    """One row a paragraph outside furniture: tokens, where they start, and IOB2 tags of the outermost names and values."""
    if document.text is None:
        return
    numbers = {tag: number for number, tag in enumerate(ner_tags(schema))}
    primary = schema.entities.primary_levels
    spans: list[tuple[int, int, str]] = []
    for e in sorted(document.entities or (), key=lambda e: (e.start, -e.end)):
        if e.level in (None, *primary) and (not spans or e.start >= spans[-1][1]):
            spans.append((e.start, e.end, e.label))
    furniture = [(b.start, b.end) for b in document.boilerplate or () if schema.policies.get(b.label) == schema.boilerplate.positive_policy]
    paragraph = 0
    for block in re.finditer(r"(?:[^\n]*\S[^\n]*\n?)+", document.text):
        tokens: list[str] = []
        starts: list[int] = []
        tags: list[int] = []
        for token in TOKEN.finditer(document.text, block.start(), block.end()):
            if any(low <= token.start() < high for low, high in furniture):
                continue
            span = next((s for s in spans if s[0] < token.end() and token.start() < s[1]), None)
            inside = span is not None and starts and starts[-1] >= span[0]
            tags.append(numbers["O" if span is None else f"{'I' if inside else 'B'}-{span[2]}"])
            tokens.append(token.group())
            starts.append(token.start())
        if tokens:
            yield {"doc_id": document.doc_id, "paragraph": paragraph, "tokens": tokens, "starts": starts, "ner_tags": tags}
            paragraph += 1


ROWS: dict[str, Callable[[Document, Schema], Iterator[dict[str, Any]]]] = {
    "documents": document_rows,
    "entities": entity_rows,
    "events": event_rows,
    "quotes": quote_rows,
    "boilerplate": boilerplate_rows,
    "ner": ner_rows,
}
"""Config -> the function that gives a document's rows."""


def yaml_feature(kind: Any, tags: list[str]) -> dict[str, Any]:
    """The `datasets` feature of a column type, in the form of a card's ``dataset_info``."""
    if isinstance(kind, dict):
        return {"struct": [{"name": name, **yaml_feature(inner, tags)} for name, inner in kind.items()]}
    if isinstance(kind, list):
        inner = kind[0]
        if isinstance(inner, dict):
            return {"list": yaml_feature(inner, tags)["struct"]}
        plain = yaml_feature(inner, tags)
        return {"list": plain["dtype"]}
    return {"dtype": {"class_label": {"names": {str(i): tag for i, tag in enumerate(tags)}}}} if kind == "tag" else {"dtype": kind}


def make_table(config: str, documents: Iterable[Document], schema: Schema, *, canary: str) -> pa.Table:
    """The Arrow table of a config, its `datasets` features and the canary in its metadata."""
    import pyarrow as pa

    columns = CONFIGS[config]
    tags = ner_tags(schema)
    features = {name: feature(kind, tags) for name, kind in columns.items()}
    metadata = {"huggingface": msgspec.json.encode({"info": {"features": features}}).decode(), "canary": canary}
    rows = [row for document in documents for row in ROWS[config](document, schema)]
    arrow = pa.schema([(name, arrow_type(kind)) for name, kind in columns.items()], metadata=metadata)
    return pa.Table.from_pylist(rows, schema=arrow)
