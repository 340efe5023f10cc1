"""The mentions of a Parquet file as columns of numbers, without a document being made: how millions of them are read for scoring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np

from conflictnews.io import parquet
from conflictnews.io.arrowread import as_numpy
from conflictnews.mentions import NO_TEXT, EntityColumns, Ints
from conflictnews.model import LAYERS, Document

if TYPE_CHECKING:
    import pyarrow as pa

_OTHERS = tuple(layer for layer in LAYERS if layer != "entities")
_NEEDED = ("start", "end", "label")
_USED = (*_NEEDED, "level", "entity")
_DOCUMENT = {"doc_id", "text", "text_sha256", "meta", "meta_json", *LAYERS}


class _Rows(Sequence[Document]):
    """The documents of a Parquet file, made one by one as far as they are asked for."""

    def __init__(self, path: Path, number: int) -> None:
        self._number = number
        self._made: list[Document] = []
        self._rest: Iterator[Document] = parquet.read(path)

    def __len__(self) -> int:
        """How many documents the file holds."""
        return self._number

    @overload
    def __getitem__(self, at: int) -> Document: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Document]: ...

    def __getitem__(self, at: int | slice) -> Document | Sequence[Document]:
        """The document in row `at`, or those of a slice."""
        last = self._number if isinstance(at, slice) or at < 0 else at + 1
        self._made += islice(self._rest, max(0, last - len(self._made)))
        return self._made[at]


def read_mentions(path: Path) -> EntityColumns | None:
    """The columns of the mentions in a Parquet file.

    None where the file is anything but documents with sound, complete entity columns and no other layer: `conflictnews.io.parquet` then reads it, or says what is wrong with it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        return None
    try:
        with pq.ParquetFile(path) as file:
            leaves = [tuple(file.schema.column(i).path.split(".")) for i in range(len(file.schema))]
            others = [layer for layer in _OTHERS if layer in file.schema_arrow.names]
            if others and any(column.null_count != len(column) for column in file.read(others).columns):
                return None
        mention = {leaf[-1]: ".".join(leaf) for leaf in leaves if leaf[0] == "entities"}
        plain = all(leaf[0] in _DOCUMENT and (leaf[0] != "entities" or len(leaf) == 4) for leaf in leaves)
        if not plain or not set(_NEEDED) <= set(mention):
            return None
        wanted = [leaf[0] for leaf in leaves if leaf[0] in ("doc_id", "text", "text_sha256")] + [mention[name] for name in _USED if name in mention]
        with pq.ParquetFile(path, read_dictionary=[mention[name] for name in ("label", "level") if name in mention]) as file:
            return _columns(file.read(wanted), path)
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        return None


def _columns(table: pa.Table, path: Path) -> EntityColumns | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = table["entities"].combine_chunks()
    names = table["doc_id"]
    if lists.null_count or names.null_count or not pa.types.is_list(lists.type) or not pa.types.is_string(names.type):
        return None
    structs = lists.flatten()
    fields = {field.name: structs.field(field.name) for field in structs.type}
    if structs.null_count or any(fields[name].null_count for name in _NEEDED) or not all(pa.types.is_integer(fields[name].type) for name in ("start", "end")):
        return None
    doc_ids = tuple(names.to_pylist())
    if len(set(doc_ids)) < len(doc_ids):
        return None
    label, level = (_coded(fields.get(name), len(structs)) for name in ("label", "level"))
    if label is None or level is None:
        return None
    texts = [table[name] for name in ("text", "text_sha256") if name in table.column_names]
    if any(not pa.types.is_string(column.type) for column in texts):
        return None
    lengths = np.full(len(doc_ids), NO_TEXT, dtype=np.int64)
    if "text" in table.column_names:
        lengths = np.array([NO_TEXT if n is None else n for n in pc.utf8_length(table["text"]).to_pylist()], dtype=np.int64)
    return EntityColumns(
        doc_ids=doc_ids,
        sizes=_numbers(lists.value_lengths()),
        lengths=lengths,
        start=_numbers(fields["start"]),
        end=_numbers(fields["end"]),
        label=label[1],
        labels=tuple(str(name) for name in label[0]),
        level=level[1],
        levels=level[0],
        linked="entity" in fields and fields["entity"].null_count < len(structs),
        guarded=any(column.null_count < len(column) for column in texts),
        documents=_Rows(path, len(doc_ids)),
    )


def _coded(column: pa.Array | None, length: int) -> tuple[tuple[str | None, ...], Ints] | None:
    """The distinct values of a column of strings, None among them where some are null, and the number of its value for each row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column is None:
        return (None,), np.zeros(length, dtype=np.int64)
    if pa.types.is_null(column.type):
        return (None,), np.zeros(length, dtype=np.int64)
    if not pa.types.is_dictionary(column.type):
        if not pa.types.is_string(column.type):
            return None
        column = column.dictionary_encode()
    values = column.dictionary.to_pylist()
    if len(set(values)) < len(values) or None in values:
        return None
    if not column.null_count:
        return tuple(values), _numbers(column.indices)
    return (*values, None), _numbers(pc.fill_null(column.indices, len(values)))


def _numbers(column: pa.Array) -> Ints:
    """A column of integers without nulls as 64-bit numbers."""
    import pyarrow as pa

    return as_numpy(column.cast(pa.int64()))
