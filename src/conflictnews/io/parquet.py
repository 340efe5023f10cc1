"""Parquet: one row a document, the layers nested, in the columns of the corpus on Hugging Face (`conflictnews.columns.DOCUMENT`).

Files that others wrote need only ``doc_id`` and the layers that they predict: integers and strings of any width, dictionaries and views, any kind of list. Both ways go
batch by batch, so that memory is bounded by a batch (and on writing by the compressed file).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conflictnews.columns import DOCUMENT, META, arrow_type, feature, meta_columns
from conflictnews.errors import DocumentError
from conflictnews.io.jsondoc import write_atomically
from conflictnews.model import Document, first_fault

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 1000
"""Documents in a row group."""

BATCH = 500
"""Documents that are read at once."""


def read(path: Path) -> Iterator[Document]:
    """The documents of a Parquet file, one by one.

    Raises DocumentError, with file and row, for columns that a document does not have or of the wrong type, nulls where a value must stand, offsets that cannot be a span,
    and a doc_id that comes a second time.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from conflictnews.io.arrowread import Reader

    if not path.is_file():
        raise DocumentError(f"{path}: is a folder; name a file" if path.is_dir() else f"{path}: there is no such file")
    seen: set[str] = set()
    try:
        with pq.ParquetFile(path) as file:
            reader = Reader(str(path), file.schema_arrow)
            for batch in file.iter_batches(batch_size=BATCH):
                for where, document in reader.documents(batch):
                    if document.doc_id in seen:
                        raise DocumentError(f"{where}: the doc_id {document.doc_id} comes twice; each document is given once")
                    seen.add(document.doc_id)
                    yield document
    except UnicodeDecodeError:
        raise DocumentError(f"{path}: a string column holds bytes that are no UTF-8; write it again from text") from None
    except (pa.ArrowException, OSError) as error:
        raise DocumentError(f"{path}: cannot be read as Parquet ({error}); the file is cut short, damaged or of another format") from None


def write(documents: Iterable[Document], path: Path) -> None:
    """Documents as a Parquet file (zstd), whole or not at all: the same bytes for the same documents and version of Arrow."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    features = {name: feature(kind, []) for name, kind in DOCUMENT.items()}
    metadata = {"huggingface": json.dumps({"info": {"features": features}}, separators=(",", ":"))}
    schema = pa.schema([(name, arrow_type(kind)) for name, kind in DOCUMENT.items()], metadata=metadata)
    sink, source = io.BytesIO(), iter(documents)
    with pq.ParquetWriter(sink, schema, compression="zstd", use_dictionary=True, write_statistics=True, store_schema=True, version="2.6") as writer:
        while batch := list(islice(source, ROWS)):
            writer.write_batch(_batch(batch, schema))
    write_atomically(path, sink.getvalue())


def losses(document: Document) -> Iterator[str]:
    """Nothing: every field has its column."""
    yield from ()


def _batch(documents: list[Document], schema: pa.Schema) -> pa.RecordBatch:
    """Documents as a record batch; DocumentError names the one that cannot be."""
    import pyarrow as pa

    for document in documents:
        fault = first_fault(document)
        if fault:
            raise DocumentError(f"{document.doc_id}: {fault}")
    try:
        arrays = {name: _array(kind, list(map(attrgetter(name), documents))) for name, kind in DOCUMENT.items() if name not in ("meta", "meta_json")}
        held, rest = zip(*(meta_columns(document.meta) for document in documents), strict=True)
        arrays["meta"] = pa.StructArray.from_arrays([pa.array([m[key] for m in held], pa.string()) for key in META], list(META))
        arrays["meta_json"] = pa.array(rest, pa.string())
        return pa.RecordBatch.from_arrays([arrays[name] for name in DOCUMENT], schema=schema)
    except (pa.ArrowException, TypeError, ValueError, OverflowError, RecursionError) as error:
        if len(documents) > 1:
            for document in documents:
                _batch([document], schema)
        raise DocumentError(f"{documents[0].doc_id}: cannot be written as Parquet: {error}") from None


def _array(kind: Any, values: list[Any]) -> pa.Array:
    """Values of the model (strings, numbers, structs, tuples of them, None) as an Arrow array of a column type."""
    import pyarrow as pa

    if isinstance(kind, dict):
        return pa.StructArray.from_arrays([_array(inner, list(map(attrgetter(name), values))) for name, inner in kind.items()], list(kind))
    if isinstance(kind, list):
        offsets = [0]
        flat: list[Any] = []
        for value in values:
            flat += value or ()
            offsets.append(len(flat))
        absent = pa.array([value is None for value in values], pa.bool_())
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), _array(kind[0], flat), mask=absent)
    return pa.array(values, arrow_type(kind))
