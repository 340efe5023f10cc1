"""Parquet files are scored as the same documents in JSONL are, with or without a document being made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import workload

from builders import ents
from conflictnews import load_corpus
from conflictnews.evaluate import score_files
from conflictnews.io import parquet
from conflictnews.io.jsonl import write_jsonl
from conflictnews.io.parquet_mentions import read_mentions
from conflictnews.model import Document, Entity
from conftest import run


def both(documents: list[Document], stem: Path) -> None:
    """The documents as `stem`.jsonl and `stem`.parquet."""
    write_jsonl(documents, stem.with_suffix(".jsonl"))
    parquet.write(documents, stem.with_suffix(".parquet"))


def told(pred: Path, gold: Path) -> Any:
    ran = run("score", pred, "--gold", gold, "--json", "-")
    return json.loads(ran.out)


GOLD = [
    Document(doc_id="b", text="Lt Kono fled Goma.", entities=(Entity(start=3, end=7, label="PER", level="NAM", entity="kono"), Entity(start=13, end=17, label="GPE", level="NAM"))),
    ents((0, 3, "ORG"), (0, 9, "PER", "NOM"), doc_id="a"),
    ents(doc_id="c"),
]
OUTPUT = [ents((3, 7, "PER"), (13, 17, "LOC"), doc_id="b"), ents((0, 3, "ORG"), (0, 3, "ORG"), (1, 4, "odd"), doc_id="a")]


@pytest.mark.parametrize("pred", ["jsonl", "parquet"])
@pytest.mark.parametrize("gold", ["jsonl", "parquet"])
def test_the_format_of_either_side_changes_no_figure_no_hint_and_no_signature(tmp_path: Path, pred: str, gold: str) -> None:
    both(GOLD, tmp_path / "gold")
    both(OUTPUT, tmp_path / "pred")
    expected = told(tmp_path / "pred.jsonl", tmp_path / "gold.jsonl")
    assert expected["missing"] == ["c"]
    assert len(expected["warnings"]) == 2
    assert told(tmp_path / f"pred.{pred}", tmp_path / f"gold.{gold}") == expected


def test_a_file_of_mentions_alone_is_read_without_a_document_being_made(tmp_path: Path) -> None:
    tables = workload.tables(50)
    for name, table in zip(("gold", "pred"), tables, strict=True):
        both(workload.as_documents(workload.rows(table, 50)), tmp_path / name)
    columns = read_mentions(tmp_path / "gold.parquet")
    assert columns is not None
    assert (len(columns.doc_ids), int(columns.sizes.sum()), columns.linked, columns.guarded) == (50, 1500, False, False)
    assert list(columns.documents) == list(parquet.read(tmp_path / "gold.parquet"))
    assert told(tmp_path / "pred.parquet", tmp_path / "gold.parquet") == told(tmp_path / "pred.jsonl", tmp_path / "gold.jsonl")
    assert score_files(tmp_path / "pred.parquet", gold=tmp_path / "gold.parquet").gold[7].doc_id == "d0000007"


def test_other_layers_in_a_parquet_file_are_scored_too(tmp_path: Path) -> None:
    documents = list(load_corpus("dev"))
    both(documents, tmp_path / "dev")
    assert read_mentions(tmp_path / "dev.parquet") is None
    found = told(tmp_path / "dev.parquet", tmp_path / "dev.parquet")
    assert found == told(tmp_path / "dev.jsonl", tmp_path / "dev.jsonl")
    assert found["scores"]["pipeline.joint"]["f1"] == 1


SPAN = {"start": 0, "end": 3, "label": "ORG"}


@pytest.mark.parametrize(
    "columns, message",
    [
        ({"doc_id": ["a", "b"], "entities": [[SPAN], [SPAN | {"label": None}]]}, "row 2: 'b': $.entities[0].label: is null"),
        ({"doc_id": ["a", "b"], "entities": [[SPAN], [SPAN | {"end": 0}]]}, "row 2: 'b': $.entities[0]: the span 0-0 is empty"),
        ({"doc_id": ["a", "b"], "entities": [[SPAN], [SPAN | {"start": -4}]]}, "row 2: 'b': $.entities[0]: the span -4-3 is negative"),
        ({"doc_id": ["a", "../b"], "entities": [[SPAN], [SPAN]]}, "../b"),
        ({"doc_id": ["a", "a"], "entities": [[SPAN], [SPAN]]}, "the doc_id a comes twice"),
        ({"doc_id": ["a"], "entities": [[SPAN | {"start": "x"}]]}, "start"),
        ({"doc_id": ["a"], "mentions": [[SPAN]]}, "mentions"),
        ({"doc_id": ["z"], "entities": [[SPAN]]}, "z is predicted but is not in gold"),
    ],
)
def test_what_cannot_be_scored_is_an_error_that_names_file_and_place(tmp_path: Path, columns: dict[str, list[Any]], message: str) -> None:
    pq.write_table(pa.table(columns), tmp_path / "pred.parquet")
    both([ents((0, 3, "ORG"), doc_id="a"), ents((0, 3, "ORG"), doc_id="b")], tmp_path / "gold")
    for gold in ("gold.parquet", "gold.jsonl"):
        ran = run("score", tmp_path / "pred.parquet", "--gold", tmp_path / gold)
        assert ran.code == 2
        assert message in ran.err
        assert len(ran.err.strip().split("\n")) == 1


def test_a_span_past_the_text_of_gold_is_refused(tmp_path: Path) -> None:
    both([GOLD[0]], tmp_path / "gold")
    both([ents((3, 70, "PER"), doc_id="b")], tmp_path / "pred")
    ran = run("score", tmp_path / "pred.parquet", "--gold", tmp_path / "gold.parquet")
    assert (ran.code, "the span 3-70 ends past the text, which has 18 characters" in ran.err) == (2, True)
