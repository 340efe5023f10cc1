"""The columns of a table of documents: what the corpus on Hugging Face and the format parquet have in common.

A column's type is written once, here; Arrow schema and `datasets` features follow from it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

META = ("collection", "genre", "region", "publisher", "published", "title", "license", "canary")
"""The fields of ``meta`` that every document has a column for."""

Columns = dict[str, Any]
"""Column name -> "string", "int64", "float64", "tag", a one-item list (a list of it), or a dict (a struct)."""

SPAN: Columns = {"start": "int64", "end": "int64", "surface": "string"}
ENTITY: Columns = {
    "id": "string",
    "start": "int64",
    "end": "int64",
    "label": "string",
    "subtype": "string",
    "level": "string",
    "entity": "string",
    "surface": "string",
    "value": "string",
    "low": "float64",
    "high": "float64",
}
ARGUMENT: Columns = {"role": "string", "start": "int64", "end": "int64", "entity": "string", "status": "string", "source": "string", "surface": "string"}
EVENT: Columns = {
    "id": "string",
    "label": "string",
    "subtype": "string",
    "event": "string",
    "trigger": SPAN,
    "arguments": [ARGUMENT],
    "factuality": "string",
    "source": "string",
}
QUOTE: Columns = {"id": "string", "type": "string", "content": [SPAN], "cue": [SPAN], "source": [SPAN], "speakers": ["string"], "speaker_reason": "string", "parent": "string"}
BLOCK: Columns = {"id": "string", "start": "int64", "end": "int64", "label": "string", "surface": "string"}

DOCUMENT: Columns = {
    "doc_id": "string",
    "text": "string",
    "text_sha256": "string",
    "meta": dict.fromkeys(META, "string"),
    "meta_json": "string",
    "entities": [ENTITY],
    "events": [EVENT],
    "quotes": [QUOTE],
    "boilerplate": [BLOCK],
}
"""One row a document, all layers nested; ``meta_json`` holds what of a document's ``meta`` the struct ``meta`` has no place for."""


def meta_columns(meta: dict[str, Any]) -> tuple[dict[str, str | None], str | None]:
    """A document's ``meta`` as the columns ``meta`` and ``meta_json``: the fields of `META` that are strings, and JSON of all others (None where there are none)."""
    held = {key: meta[key] if isinstance(meta.get(key), str) else None for key in META}
    rest = {key: value for key, value in meta.items() if held.get(key) is None}
    return held, json.dumps(rest, ensure_ascii=False, allow_nan=False) if rest else None


def arrow_type(kind: Any) -> pa.DataType:
    """The Arrow type of a column type."""
    import pyarrow as pa

    if isinstance(kind, dict):
        return pa.struct([(name, arrow_type(inner)) for name, inner in kind.items()])
    if isinstance(kind, list):
        return pa.list_(arrow_type(kind[0]))
    return {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "tag": pa.int64()}[kind]


def feature(kind: Any, tags: list[str]) -> Any:
    """The `datasets` feature of a column type, in its JSON form."""
    if isinstance(kind, dict):
        return {name: feature(inner, tags) for name, inner in kind.items()}
    if isinstance(kind, list):
        return {"feature": feature(kind[0], tags), "_type": "List"}
    return {"names": tags, "_type": "ClassLabel"} if kind == "tag" else {"dtype": kind, "_type": "Value"}
