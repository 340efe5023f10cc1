from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflictnews.columns import DOCUMENT, META
from conflictnews.corpus import iter_paths
from conflictnews.errors import ConflictNewsError, DocumentError
from conflictnews.io import parquet
from conflictnews.io.arrowread import Reader
from conflictnews.io.jsondoc import load_document
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span
from conflictnews.resources import corpus_dir
from conflictnews.tables import HF_SPLITS
from strategies import documents

ROWS = [{"doc_id": "a", "entities": [{"start": 0, "end": 4, "label": "GPE"}, {"start": 5, "end": 9, "label": "PER"}]}, {"doc_id": "b", "entities": []}]
FOUND = [Document("a", entities=(Entity(0, 4, "GPE"), Entity(5, 9, "PER"))), Document("b", entities=())]


def back(path: Path, table: pa.Table) -> list[Document]:
    pq.write_table(table, path)
    return list(parquet.read(path))


def of_batch(batch: pa.RecordBatch) -> list[Document]:
    """Documents of Arrow data that pyarrow itself cannot write to Parquet."""
    return [document for _, document in Reader("x", batch.schema).documents(batch)]


@pytest.mark.parametrize("split", list(HF_SPLITS))
def test_the_data_set_reads_as_the_documents_that_it_was_built_from(split: str) -> None:
    expected = [load_document(path) for path in iter_paths(split)]
    assert list(parquet.read(corpus_dir() / "data" / "documents" / f"{HF_SPLITS[split]}.parquet")) == expected
    assert expected


def test_a_written_file_has_the_columns_of_the_data_set(tmp_path: Path) -> None:
    parquet.write([Document("a")], tmp_path / "a.parquet")
    ours, built = (pq.read_schema(path) for path in (tmp_path / "a.parquet", corpus_dir() / "data" / "documents" / "train.parquet"))
    assert ours.equals(built)
    assert json.loads(ours.metadata[b"huggingface"]) == json.loads(built.metadata[b"huggingface"])


def test_a_layer_that_was_not_attempted_is_null_and_an_empty_one_is_empty(tmp_path: Path) -> None:
    parquet.write([Document("a", entities=(), quotes=(Quote((Span(0, 1),)),))], tmp_path / "a.parquet")
    (row,) = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert (row["text"], row["entities"], row["events"], row["meta_json"]) == (None, [], None, None)
    assert (row["quotes"][0]["content"], row["quotes"][0]["cue"]) == ([{"start": 0, "end": 1, "surface": None}], [])


@pytest.mark.parametrize(
    "meta, held, rest",
    [
        ({"title": "T", "region": "R"}, {"title": "T", "region": "R"}, None),
        ({"title": None}, {}, {"title": None}),
        ({"title": 3, "genre": "", "x": {"y": [1, None, 2.5, "é"]}}, {"genre": ""}, {"title": 3, "x": {"y": [1, None, 2.5, "é"]}}),
        ({}, {}, None),
        ({"n": 2**70}, {}, {"n": 2**70}),
    ],
)
def test_what_of_meta_has_no_column_goes_into_json(meta: dict[str, Any], held: dict[str, str], rest: Any, tmp_path: Path) -> None:
    parquet.write([Document("a", meta=meta)], tmp_path / "a.parquet")
    (row,) = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert row["meta"] == dict.fromkeys(META) | held
    assert (row["meta_json"] and json.loads(row["meta_json"])) == rest
    assert [d.meta for d in parquet.read(tmp_path / "a.parquet")] == [meta]


def test_the_same_documents_give_the_same_bytes(tmp_path: Path) -> None:
    found = [Document(f"d{i}", text="Kono", meta={"x": i}, entities=(Entity(0, 4, "GPE"),)) for i in range(2500)]
    for name in ("a", "b"):
        parquet.write(iter(found), tmp_path / name)
    assert hashlib.sha256((tmp_path / "a").read_bytes()).digest() == hashlib.sha256((tmp_path / "b").read_bytes()).digest()
    metadata = pq.read_metadata(tmp_path / "a")
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [1000, 1000, 500]
    assert metadata.row_group(0).column(0).compression == "ZSTD"
    assert list(parquet.read(tmp_path / "a")) == found


def test_no_documents_are_a_file_without_rows(tmp_path: Path) -> None:
    parquet.write([], tmp_path / "a.parquet")
    assert list(parquet.read(tmp_path / "a.parquet")) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(document=documents(), size=st.integers(1, 4))
def test_documents_without_text_and_batches_of_any_size_come_back(document: Document, size: int, tmp_path: Path) -> None:
    import msgspec

    found = [msgspec.structs.replace(document, doc_id=f"d{i}", text=None) for i in range(5)]
    parquet.write(found, tmp_path / "a.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "BATCH", size)
        assert list(parquet.read(tmp_path / "a.parquet")) == found


def test_reading_goes_by_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"doc_id": f"d{i}", "entities": [{"start": 0, "end": 1 if i < 7 else 0, "label": "L"}]} for i in range(10)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    monkeypatch.setattr(parquet, "BATCH", 3)
    reading = parquet.read(tmp_path / "a.parquet")
    assert [next(reading).doc_id for _ in range(7)] == [f"d{i}" for i in range(7)]
    with pytest.raises(DocumentError, match=r"a\.parquet, row 8: 'd7': \$\.entities\[0\]: the span 0-0 is empty"):
        next(reading)


STRUCT = [("start", pa.int64()), ("end", pa.int64()), ("label", pa.string())]


@pytest.mark.parametrize("number", [pa.int8(), pa.uint8(), pa.int16(), pa.uint32(), pa.int32(), pa.uint64(), pa.int64(), pa.float64(), pa.float32()], ids=str)
@pytest.mark.parametrize("string", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.large_string())], ids=str)
def test_numbers_and_strings_of_any_width_read(number: pa.DataType, string: pa.DataType, tmp_path: Path) -> None:
    kinds = pa.struct([("start", number), ("end", number), ("label", pa.string())])
    table = pa.table({"doc_id": pa.array(["a", "b"]).cast(string), "entities": pa.array([r["entities"] for r in ROWS], pa.list_(kinds))})
    assert back(tmp_path / "a.parquet", table) == FOUND
    label = pa.StructArray.from_arrays([pa.array([0, 5], number), pa.array([4, 9], number), pa.array(["GPE", "PER"]).cast(string)], ["start", "end", "label"])
    assert of_batch(pa.RecordBatch.from_pydict({"doc_id": ["a", "b"], "entities": pa.ListArray.from_arrays([0, 2, 2], label)})) == FOUND


@pytest.mark.parametrize("many", [pa.list_, pa.large_list, pa.list_view, pa.large_list_view], ids=lambda f: f.__name__)
def test_lists_of_any_kind_read(many: Any, tmp_path: Path) -> None:
    entities = pa.array([r["entities"] for r in ROWS], many(pa.struct(STRUCT)))
    batch = pa.RecordBatch.from_arrays([pa.array(["a", "b"]), entities], names=["doc_id", "entities"])
    assert of_batch(batch) == FOUND
    assert of_batch(batch.slice(1)) == FOUND[1:]


def test_lists_of_fixed_size_read() -> None:
    entities = pa.array([ROWS[0]["entities"], None], pa.list_(pa.struct(STRUCT), 2))
    batch = pa.RecordBatch.from_arrays([pa.array(["a", "b"]), entities], names=["doc_id", "entities"])
    assert of_batch(batch) == [FOUND[0], Document("b")]


def by_pandas(path: Path) -> None:
    pytest.importorskip("pandas").DataFrame(ROWS).to_parquet(path)


def by_pandas_with_an_index(path: Path) -> None:
    pytest.importorskip("pandas").DataFrame(ROWS, index=[7, 3]).to_parquet(path, index=True)


def by_polars(path: Path) -> None:
    pytest.importorskip("polars").DataFrame(ROWS).write_parquet(path)


def by_datasets(path: Path) -> None:
    pytest.importorskip("datasets").Dataset.from_list(ROWS).to_parquet(path)


def by_duckdb(path: Path) -> None:
    (path.parent / "a.json").write_text(json.dumps(ROWS))
    pytest.importorskip("duckdb").execute(f"copy (select * from read_json('{path.parent / 'a.json'}') order by doc_id) to '{path}' (format parquet)")


@pytest.mark.parametrize("make", [by_pandas, by_pandas_with_an_index, by_polars, by_datasets, by_duckdb])
def test_minimal_predictions_of_other_tools_read(make: Any, tmp_path: Path) -> None:
    make(tmp_path / "a.parquet")
    assert list(parquet.read(tmp_path / "a.parquet")) == FOUND


def test_our_files_pass_through_other_tools(tmp_path: Path) -> None:
    found = [load_document(path) for path in iter_paths("dev")]
    parquet.write(found, tmp_path / "a.parquet")
    pytest.importorskip("polars").read_parquet(tmp_path / "a.parquet").write_parquet(tmp_path / "b.parquet")
    assert list(parquet.read(tmp_path / "b.parquet")) == found
    pytest.importorskip("pandas").read_parquet(tmp_path / "a.parquet").to_parquet(tmp_path / "c.parquet")
    assert list(parquet.read(tmp_path / "c.parquet")) == found


def test_the_fields_of_all_layers_read_in_any_order(tmp_path: Path) -> None:
    span = {"end": 2, "start": 1}
    row = {
        "events": [{"trigger": span, "label": "KILL", "arguments": [{**span, "role": "PLACE"}]}, {"trigger": {"end": 4, "start": 3}, "label": "KILL", "arguments": None}],
        "quotes": [{"speakers": ["a", "b"], "content": [span], "cue": None}],
        "boilerplate": [{"label": "AD", **span}],
        "text": "abcdef",
        "meta": {"source": {"x": [1, None]}, "none": None},
        "doc_id": "a",
    }
    assert back(tmp_path / "a.parquet", pa.Table.from_pylist([row])) == [
        Document(
            "a",
            text="abcdef",
            meta={"source": {"x": [1, None]}},
            events=(Event("KILL", Span(1, 2), arguments=(Argument("PLACE", 1, 2),)), Event("KILL", Span(3, 4))),
            quotes=(Quote((Span(1, 2),), speakers=("a", "b")),),
            boilerplate=(BoilerplateSpan(1, 2, "AD"),),
        )
    ]


def test_fields_that_an_annotation_does_not_have_are_told_once(tmp_path: Path) -> None:
    rows = [{"doc_id": f"d{i}", "entities": [{"start": 0, "end": 1, "label": "L", "score": 0.5}]} for i in range(1200)]
    with pytest.warns(UserWarning, match=r"a\.parquet: the fields entities\.score are none of an annotation; they are passed over") as heard:
        assert len(back(tmp_path / "a.parquet", pa.Table.from_pylist(rows))) == 1200
    assert len(heard) == 1


def entity(**fields: Any) -> dict[str, Any]:
    return {"start": 0, "end": 1, "label": "L"} | fields


def rows_of(*entities: Any) -> pa.Table:
    return pa.Table.from_pylist([{"doc_id": "a", "entities": [entity()]}, {"doc_id": "b", "entities": list(entities)}])


@pytest.mark.parametrize(
    "table, said",
    [
        (rows_of(entity(), None), r", row 2: 'b': \$\.entities\[1\]: is null"),
        (rows_of(entity(), entity(start=None)), r", row 2: 'b': \$\.entities\[1\]\.start: is null"),
        (rows_of(entity(label=None)), r", row 2: 'b': \$\.entities\[0\]\.label: is null"),
        (rows_of(entity(end=0)), r", row 2: 'b': \$\.entities\[0\]: the span 0-0 is empty"),
        (rows_of(entity(start=-1)), r", row 2: 'b': \$\.entities\[0\]: the span -1-1 is negative"),
        (rows_of(entity(end=2**40)), r", row 2: 'b': \$\.entities\[0\]: the span 0-1099511627776 ends past the text"),
        (pa.Table.from_pylist([{"doc_id": "a", "entities": [entity(start=0.5)]}]), r", row 1: 'a': \$\.entities\[0\]\.start: is 0\.5; offsets are whole"),
        (pa.Table.from_pylist([{"doc_id": "a", "entities": [entity(end=float("inf"))]}]), r", row 1: 'a': \$\.entities\[0\]\.end: is inf"),
        (pa.Table.from_pylist([{"doc_id": "a", "entities": [entity(start=float("nan"))]}]), r"\$\.entities\[0\]\.start: is n"),
        (pa.Table.from_pylist([{"doc_id": "a", "entities": [entity(start=True)]}]), r"the column entities\.start is bool, and should be int64"),
        (pa.Table.from_pylist([{"doc_id": "a", "entities": [entity(start="0")]}]), r"the column entities\.start is string, and should be int64"),
        (pa.Table.from_pylist([{"doc_id": "a", "entities": [entity(label=3)]}]), r"the column entities\.label is int64, and should be string"),
        (pa.Table.from_pylist([{"doc_id": "a", "entities": [{"start": 0, "label": "L"}]}]), r"the column entities has no field end; Entity needs it"),
        (pa.Table.from_pylist([{"doc_id": "a", "entities": ["L"]}]), r"the column entities holds string, and should hold structs"),
        (pa.Table.from_pylist([{"doc_id": "a", "entities": "L"}]), r"the column entities is string, and should be a list"),
        (pa.Table.from_pylist([{"doc_id": "a", "entities": [None]}]), r", row 1: 'a': \$\.entities\[0\]: is null"),
        (pa.Table.from_pylist([{"doc_id": 1, "entities": []}]), r"the column doc_id is int64, and should be string"),
        (pa.Table.from_pylist([{"doc_id": "a"}, {"doc_id": None}]), r", row 2: \$\.doc_id: is null; every document has an id"),
        (pa.Table.from_pylist([{"doc_id": "a"}, {"doc_id": "a"}]), r", row 2: the doc_id a comes twice"),
        (pa.Table.from_pylist([{"doc_id": "../a"}]), r", row 1: '\.\./a': .*could be a path"),
        (pa.Table.from_pylist([{"id": "a"}]), r"unknown columns id; a document has the columns doc_id, text"),
        (pa.Table.from_pylist([{"entities": []}]), r"there is no column doc_id"),
        (pa.Table.from_pylist([{"doc_id": "a", "score": 1, "model": "m"}]), r"unknown columns score, model; a document has the columns doc_id, text"),
        (pa.table([pa.array(["a"]), pa.array(["b"])], names=["doc_id", "doc_id"]), r"the column doc_id comes twice"),
        (pa.Table.from_pylist([{"doc_id": "a", "text": 1}]), r"the column text is int64, and should be string"),
        (pa.Table.from_pylist([{"doc_id": "a", "text": "x", "entities": [entity(end=2)]}]), r"ends past the text, which has 1 characters"),
        (pa.Table.from_pylist([{"doc_id": "a", "quotes": [{"content": []}]}]), r", row 1: 'a': \$\.quotes\[0\]\.content: the quote has no content"),
        (pa.Table.from_pylist([{"doc_id": "a", "quotes": [{"content": [{"start": 0, "end": 1}], "speakers": ["x", None]}]}]), r"\$\.quotes\[0\]\.speakers\[1\]: is null"),
        (
            pa.Table.from_pylist([{"doc_id": "a", "events": [{"label": "K", "trigger": None}, {"label": "K", "trigger": {"start": 0, "end": 1}}]}]),
            r"\$\.events\[0\]\.trigger: is null",
        ),
        (pa.Table.from_pylist([{"doc_id": "a", "events": [{"label": "K"}]}]), r"the column events has no field trigger; Event needs it"),
        (
            pa.Table.from_pylist([{"doc_id": "a", "events": [{"label": "K", "trigger": {"start": 0, "end": 1}, "arguments": [{"start": 0, "end": 1, "role": "R"}, None]}]}]),
            r", row 1: 'a': \$\.events\[0\]\.arguments\[1\]: is null",
        ),
        (pa.Table.from_pylist([{"doc_id": "a", "meta": "{}"}]), r"the column meta is string, and should be a struct; JSON goes into meta_json"),
        (pa.Table.from_pylist([{"doc_id": "a", "meta": {"x": b"\x00"}}]), r", row 1: 'a': \$\.meta: holds what JSON does not"),
        (pa.Table.from_pylist([{"doc_id": "a", "meta_json": "{"}]), r", row 1: 'a': \$\.meta_json: is no JSON"),
        (pa.Table.from_pylist([{"doc_id": "a", "meta_json": "[]"}]), r"\$\.meta_json: is no JSON object"),
        (pa.Table.from_pylist([{"doc_id": "a", "meta": {"x": "1"}, "meta_json": '{"x": 2}'}]), r"\$\.meta_json: gives 'x' another value than the column meta"),
        (pa.Table.from_pylist([{"doc_id": "a", "meta_json": "[" * 100000}]), r"\$\.meta_json: is no JSON"),
    ],
)
def test_a_broken_table_is_an_error_that_names_the_place(table: pa.Table, said: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=rf"a\.parquet.*{said}"):
        back(tmp_path / "a.parquet", table)


def test_a_null_far_down_is_placed_in_its_own_row(tmp_path: Path) -> None:
    rows = [{"doc_id": f"d{i}", "entities": [entity()] * (i % 3) + ([entity(label=None)] if i == 700 else [])} for i in range(900)]
    with pytest.raises(DocumentError, match=r", row 701: 'd700': \$\.entities\[1\]\.label: is null"):
        back(tmp_path / "a.parquet", pa.Table.from_pylist(rows))


def test_text_that_is_no_utf8_is_an_error(tmp_path: Path) -> None:
    bad = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\x00\x00\x00\x00\x02\x00\x00\x00"), pa.py_buffer(b"\xff\xfe")])
    with pytest.raises(DocumentError, match=r"a\.parquet: a string column holds bytes that are no UTF-8"):
        back(tmp_path / "a.parquet", pa.table({"doc_id": ["a"], "text": bad}))


def test_a_file_cut_anywhere_is_an_error_and_no_crash(tmp_path: Path) -> None:
    parquet.write([load_document(path) for path in iter_paths("dev")], tmp_path / "b.parquet")
    data = (tmp_path / "b.parquet").read_bytes()
    for end in range(0, len(data), 4999):
        (tmp_path / "a.parquet").write_bytes(data[:end])
        with pytest.raises(DocumentError, match=r"a\.parquet: cannot be read as Parquet"):
            list(parquet.read(tmp_path / "a.parquet"))


def test_paths_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="nowhere: there is no such file"):
        list(parquet.read(tmp_path / "nowhere"))
    with pytest.raises(DocumentError, match="is a folder; name a file"):
        list(parquet.read(tmp_path))
    (tmp_path / "a.parquet").write_text('{"doc_id": "a"}')
    with pytest.raises(DocumentError, match=r"a\.parquet: cannot be read as Parquet"):
        list(parquet.read(tmp_path / "a.parquet"))


@pytest.mark.parametrize(
    "document, said",
    [
        (Document("d", text="\ud800"), "d: cannot be written as Parquet: .*surrogates not allowed"),
        (Document("d", entities=(Entity(0, 2**70, "L"),)), "d: .* ends past the text"),
        (Document("d", entities=(Entity(0, 1, "L", low="x"),)), "d: cannot be written as Parquet"),  # type: ignore[arg-type]
        (Document("d", text="a", entities=(Entity(0, 2, "L"),)), "d: .* ends past the text"),
        (Document("d", meta={"x": float("nan")}), "d: cannot be written as Parquet"),
        (Document("d", meta={"x": object()}), "d: cannot be written as Parquet"),
        (Document("../d"), "could be a path"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(document: Document, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"old")

    def source() -> Iterator[Document]:
        yield from (Document(f"c{i}") for i in range(1500))
        yield document

    with pytest.raises(ConflictNewsError, match=said):
        parquet.write(source(), tmp_path / "a.parquet")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.parquet", b"old")]


def test_the_columns_are_the_fields_of_the_model() -> None:
    import msgspec

    def fields(kind: Any) -> set[str]:
        return {*kind[0]} if isinstance(kind, list) else {*kind}

    for form, kind in ((Entity, DOCUMENT["entities"]), (Event, DOCUMENT["events"]), (Quote, DOCUMENT["quotes"]), (BoilerplateSpan, DOCUMENT["boilerplate"])):
        assert {f.name for f in msgspec.structs.fields(form)} == fields(kind)
    assert {f.name for f in msgspec.structs.fields(Argument)} == fields(DOCUMENT["events"][0]["arguments"])
    assert {f.name for f in msgspec.structs.fields(Document)} | {"meta_json"} == fields(DOCUMENT)
