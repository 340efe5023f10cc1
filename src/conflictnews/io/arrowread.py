"""Documents from Arrow record batches, column by column: no row is made into a dict on the way."""

from __future__ import annotations

import json
import re
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate, repeat
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from conflictnews.columns import DOCUMENT
from conflictnews.errors import DocumentError
from conflictnews.model import LAYERS, Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span, first_fault

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

Place = Callable[[int], str]
"""Index in an array -> where that value stands: row, document, JSON path."""

_FORMS: dict[str, type[msgspec.Struct]] = {
    "entities": Entity,
    "events": Event,
    "quotes": Quote,
    "boilerplate": BoilerplateSpan,
    "trigger": Span,
    "arguments": Argument,
    "content": Span,
    "cue": Span,
    "source": Span,
}
"""Column of structs -> what its values are."""

_DEFAULTS = {form: {f.encode_name: msgspec.NODEFAULT if f.required else f.default for f in msgspec.structs.fields(form)} for form in {*_FORMS.values()}}
_INDEX = re.compile(r"__index_level_\d+__")


class Reader:
    """Reads the batches of one file; it counts the rows."""

    def __init__(self, path: str, schema: pa.Schema) -> None:
        self.path, self.row = path, 0
        self.extra: set[str] = set()
        names = [name for name in schema.names if not _INDEX.fullmatch(name)]
        for name in names:
            if names.count(name) > 1:
                raise DocumentError(f"{path}: the column {name} comes twice")
        unknown = [name for name in names if name not in DOCUMENT]
        if unknown:
            raise DocumentError(f"{path}: unknown columns {', '.join(unknown)}; a document has the columns {', '.join(DOCUMENT)}, drop or rename the others")
        if "doc_id" not in names:
            raise DocumentError(f"{path}: there is no column doc_id; each row is a document and has one")
        self.names = names

    def documents(self, batch: pa.RecordBatch) -> Iterator[tuple[str, Document]]:
        """The documents of a batch, each with the place that it was read from."""
        first, self.row = self.row + 1, self.row + batch.num_rows
        columns = {name: batch.column(name) for name in self.names}
        known = len(self.extra)
        ids = self.leaf("string", columns["doc_id"], lambda i: f"row {first + i}: $.doc_id", "doc_id", required=True)
        found: dict[str, Any] = {"doc_id": ids}
        for name, array in columns.items():
            place = _under(lambda i: f"row {first + i}: {ids[i]!r}: $", f".{name}")
            if name in LAYERS:
                found[name] = self.lists(DOCUMENT[name], array, place, name, None)
            elif name == "meta":
                found[name] = self.meta(array, place)
            elif name != "doc_id":
                found[name] = self.leaf("string", array, place, name)
        if "meta_json" in found:
            found["meta"] = [
                self.joined(m, text, f"row {first + i}: {ids[i]!r}") for i, (m, text) in enumerate(zip(found.get("meta", repeat({})), found.pop("meta_json"), strict=False))
            ]
        if len(self.extra) > known:
            warnings.warn(f"{self.path}: the fields {', '.join(sorted(self.extra))} are none of an annotation; they are passed over", stacklevel=3)
        absent: dict[str, Any] = {"meta": ({} for _ in ids)}
        rows = zip(*(found.get(name) or absent.get(name, repeat(None)) for name in Document.__struct_fields__), strict=False)
        for i, values in enumerate(rows):
            document = Document(*values)
            fault = first_fault(document)
            if fault:
                self.fail(f"row {first + i}" + (f": {document.doc_id!r}" if document.doc_id.isprintable() else ""), fault)
            yield f"{self.path}, row {first + i}", document

    def fail(self, place: str, what: str) -> NoReturn:
        """Raise DocumentError."""
        raise DocumentError(f"{self.path}, {place}: {what}")

    def leaf(self, kind: str, array: pa.Array, place: Place, path: str, *, required: bool = False) -> list[Any]:
        """Strings, integers or fractions as a list, None where null."""
        import pyarrow as pa

        array, types = _bare(array), pa.types
        if required and array.null_count:
            self.fail(place(array.is_null().index(True).as_py()), "is null; every annotation needs a value here" if path != "doc_id" else "is null; every document has an id")
        if array.null_count == len(array):
            return [None] * len(array)
        given = array.type
        if kind == "string" and (types.is_string(given) or types.is_large_string(given) or types.is_string_view(given)):
            strings: list[Any] = array.to_pylist()
            return strings
        if kind == "float64" and (types.is_floating(given) or types.is_integer(given) or types.is_decimal(given)):
            return self.numbers(array.cast(pa.float64(), safe=False))
        if kind == "int64" and types.is_integer(given):
            return self.numbers(array)
        if kind == "int64" and types.is_floating(given):
            whole = self.numbers(array)
            odd = next((i for i, value in enumerate(whole) if value is not None and not float(value).is_integer()), None)
            if odd is not None:
                self.fail(place(odd), f"is {whole[odd]}; offsets are whole numbers")
            return [None if value is None else int(value) for value in whole]
        raise DocumentError(f"{self.path}: the column {path} is {given}, and should be {kind}")

    def numbers(self, array: pa.Array) -> list[Any]:
        """Numbers as a list."""
        values: list[Any] = array.to_pylist() if array.null_count else as_numpy(array).tolist()
        return values

    def lists(self, kind: list[Any], array: pa.Array, place: Place, path: str, absent: Any) -> list[Any]:
        """Tuples of what the lists hold; `absent` where a list is null."""
        import pyarrow as pa
        import pyarrow.compute as pc

        array, types = _bare(array), pa.types
        if types.is_null(array.type):
            return [absent] * len(array)
        if not any(is_kind(array.type) for is_kind in (types.is_list, types.is_large_list, types.is_fixed_size_list, types.is_list_view, types.is_large_list_view)):
            raise DocumentError(f"{self.path}: the column {path} is {array.type}, and should be a list")
        lengths = pc.list_value_length(array).to_pylist()
        ends = list(accumulate(n or 0 for n in lengths))

        def inner(k: int) -> str:
            row = bisect_right(ends, k)
            return f"{place(row)}[{k - (ends[row - 1] if row else 0)}]"

        flat = array.flatten()
        values = self.structs(kind[0], flat, inner, path) if isinstance(kind[0], dict) else self.leaf(kind[0], flat, inner, path, required=True)
        return [absent if n is None else tuple(values[end - n : end]) for n, end in zip(lengths, ends, strict=True)]

    def structs(self, columns: dict[str, Any], array: pa.Array, place: Place, path: str) -> list[Any]:
        """Annotations, or parts of them; none may be null."""
        import pyarrow as pa

        array = _bare(array)
        if array.null_count:
            self.fail(place(array.is_null().index(True).as_py()), "is null; leave it out of the list, or give it its fields")
        if not len(array):
            return []
        if not pa.types.is_struct(array.type):
            raise DocumentError(f"{self.path}: the column {path} holds {array.type}, and should hold structs with the fields {', '.join(columns)}")
        form = _FORMS[path.rpartition(".")[2]]
        names = [array.type.field(i).name for i in range(array.type.num_fields)]
        self.extra |= {f"{path}.{name}" for name in names if name not in columns}
        values: list[Any] = []
        for name, default in _DEFAULTS[form].items():
            if name not in names:
                if default is msgspec.NODEFAULT:
                    raise DocumentError(f"{self.path}: the column {path} has no field {name}; {form.__name__} needs it")
                values.append(repeat(default))
                continue
            kind, child, below, under = columns[name], array.field(names.index(name)), _under(place, f".{name}"), f"{path}.{name}"
            if isinstance(kind, list):
                values.append(self.lists(kind, child, below, under, ()))
            elif isinstance(kind, dict):
                values.append(self.structs(kind, child, below, under))
            else:
                values.append(self.leaf(kind, child, below, under, required=default is msgspec.NODEFAULT))
        return list(map(form, *values))

    def meta(self, array: pa.Array, place: Place) -> list[dict[str, Any]]:
        """The struct of a document's ``meta``: any fields, null ones left out."""
        import pyarrow as pa

        if not pa.types.is_struct(array.type) and not pa.types.is_null(array.type):
            raise DocumentError(f"{self.path}: the column meta is {array.type}, and should be a struct; JSON goes into meta_json")
        found = [{key: value for key, value in (row or {}).items() if value is not None} for row in array.to_pylist()]
        for i, row in enumerate(found):
            try:
                json.dumps(row, allow_nan=False)
            except (TypeError, ValueError) as error:
                self.fail(place(i), f"holds what JSON does not ({error}); write it as a string")
        return found

    def joined(self, held: dict[str, Any], text: str | None, place: str) -> dict[str, Any]:
        """``meta`` from its struct and its JSON."""
        try:
            rest = json.loads(text) if text is not None else {}
        except (ValueError, RecursionError) as error:
            self.fail(f"{place}: $.meta_json", f"is no JSON ({error})")
        if not isinstance(rest, dict):
            self.fail(f"{place}: $.meta_json", "is no JSON object")
        twice = sorted(key for key in rest if key in held and held[key] != rest[key])
        if twice:
            self.fail(f"{place}: $.meta_json", f"gives {twice[0]!r} another value than the column meta; give it once")
        return held | rest


def as_numpy(array: pa.Array) -> npt.NDArray[Any]:
    """An array of numbers without nulls, its buffer as it lies (Arrow's own conversion imports pandas)."""
    import numpy as np

    kind = np.dtype(array.type.to_pandas_dtype())
    return np.frombuffer(array.buffers()[1], dtype=kind)[array.offset : array.offset + len(array)] if len(array) else np.zeros(0, dtype=kind)


def _under(place: Place, name: str) -> Place:
    return lambda i: place(i) + name


def _bare(array: pa.Array) -> pa.Array:
    """An array without extension type and dictionary."""
    import pyarrow as pa

    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
