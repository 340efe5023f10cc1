"""What is built from the documents: the same twice, and noticed when stale; and what Hugging Face makes of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import datasets
import duckdb
import msgspec
import polars
import pyarrow.parquet as pq
import pytest
import yaml

import conflictnews
from conflictnews.build import build, built_files, differences, to_yaml
from conflictnews.corpus import SPLITS, load_corpus, load_manifest
from conflictnews.errors import ConflictNewsError, HydrationError
from conflictnews.io.jsondoc import load_document, write_document
from conflictnews.resources import corpus_dir
from conflictnews.tables import CONFIGS, HF_SPLITS, ner_tags
from conftest import ROOT, run


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the corpus that may be changed, and is the one in use."""
    root = tmp_path / "corpus"
    shutil.copytree(corpus_dir(), root)
    monkeypatch.setenv("CONFLICTNEWS_CORPUS", str(root))
    return root


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of Hugging Face's own for each test."""
    folder = tmp_path / "hf"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", folder)
    datasets.disable_progress_bars()
    return folder


def test_the_built_files_are_those_that_would_be_built() -> None:
    assert differences() == []


def test_the_same_documents_give_the_same_bytes() -> None:
    assert built_files(corpus_dir()) == built_files(corpus_dir())


def test_a_changed_value_makes_files_stale_until_they_are_built(copy: Path) -> None:
    path = next(iter(sorted((copy / "documents" / "test").glob("*.json"))))
    document = load_document(path)
    write_document(msgspec.structs.replace(document, meta=document.meta | {"title": "Changed"}), path)
    ran = run("build", "--check")
    assert ran.code == 1
    assert "stale  data/documents/test.parquet" in ran.out
    assert run("build").code == 0
    assert run("build", "--check").code == 0
    assert run("build").out == "everything is as built\n"


def test_a_parquet_file_that_nothing_builds_is_removed(copy: Path) -> None:
    shutil.copy(copy / "data/quotes/test.parquet", copy / "data/quotes/old.parquet")
    assert build() == ["data/quotes/old.parquet"]
    assert not (copy / "data/quotes/old.parquet").exists()


def test_a_document_in_two_splits_is_refused(copy: Path) -> None:
    path = next(iter((copy / "documents" / "test").glob("*.json")))
    shutil.copy(path, copy / "documents" / "train")
    with pytest.raises(ConflictNewsError, match="a document has one split"):
        build()


def test_an_edited_value_is_loaded_after_a_build_and_not_the_cached_one(copy: Path) -> None:
    def surfaces() -> list[str]:
        return list(datasets.load_dataset(str(copy), "entities", split="test")["value"])

    before = surfaces()
    path = next(p for p in sorted((copy / "documents" / "test").glob("*.json")) if any(e.label == "TIME" for e in load_document(p).entities or ()))
    raw = json.loads(path.read_text(encoding="utf-8"))
    entity = next(e for e in raw["entities"] if e["label"] == "TIME")
    entity["value"] = "1999-12-31"
    path.write_text(json.dumps(raw), encoding="utf-8")
    build()
    after = surfaces()
    assert before != after
    assert "1999-12-31" in after
    assert conflictnews.load_dataset("entities", split="test")["value"][:] == after


@pytest.mark.parametrize("config", CONFIGS)
def test_every_config_and_split_loads_with_the_features_of_the_card(config: str) -> None:
    card = yaml.safe_load((corpus_dir() / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    info = next(i for i in card["dataset_info"] if i["config_name"] == config)
    features = datasets.Features._from_yaml_list(info["features"])
    for split in info["splits"]:
        loaded = datasets.load_dataset(str(corpus_dir()), config, split=split["name"])
        assert loaded.features == features
        assert len(loaded) == split["num_examples"]
        streamed = datasets.load_dataset(str(corpus_dir()), config, split=split["name"], streaming=True)
        assert next(iter(streamed)) == loaded[0]
    assert {s["name"] for s in info["splits"]} >= {"train", "validation", "test"}


def test_the_safe_way_takes_our_split_names_and_theirs() -> None:
    assert len(conflictnews.load_dataset("documents", split="dev")) == len(conflictnews.load_dataset("documents", split="validation")) == len(load_corpus("dev"))
    assert set(conflictnews.load_dataset("quotes")) == {"train", "validation", "test"}
    assert next(iter(conflictnews.load_dataset(split="train", streaming=True)))["doc_id"] == load_corpus("train")[0].doc_id


def test_the_safe_way_says_what_there_is_and_what_to_run() -> None:
    with pytest.raises(ConflictNewsError, match="no config 'people'; the configs are documents"):
        conflictnews.load_dataset("people")
    with pytest.raises(ConflictNewsError, match="no split 'tests'"):
        conflictnews.load_dataset(split="tests")
    with pytest.raises(HydrationError, match="conflictnews hydrate"):
        conflictnews.load_dataset(split="test_real")


@pytest.mark.usefixtures("hydrated_texts")
def test_hydrated_documents_load_with_their_texts() -> None:
    documents = conflictnews.load_dataset("documents", split="test_real")
    assert all(text for text in documents["text"])
    assert documents.features == datasets.load_dataset(str(corpus_dir()), "documents", split="test").features
    assert next(iter(conflictnews.load_dataset("ner", split="test_real", streaming=True)))["tokens"]


def test_rows_are_the_documents_annotations() -> None:
    gold = load_corpus("test")
    rows = conflictnews.load_dataset("documents", split="test")
    assert [r["doc_id"] for r in rows] == [d.doc_id for d in gold]
    assert [r["surface"] for r in rows[0]["entities"]] == [e.surface for e in gold[0].entities or ()]
    entities = conflictnews.load_dataset("entities", split="test")
    assert len(entities) == sum(len(d.entities or ()) for d in gold)
    first = entities[0]
    text = gold[0].text or ""
    assert first["left"] + first["surface"] + first["right"] == text[max(0, first["start"] - 60) : first["end"] + 60]


def test_token_tags_cover_the_outermost_names_and_values() -> None:
    schema = conflictnews.load_schema()
    names = ner_tags(schema)
    assert names[:3] == ["O", "B-PER", "I-PER"]
    rows = conflictnews.load_dataset("ner", split="dev")
    assert rows.features["ner_tags"].feature.names == names
    begun = sum(names[t].startswith("B-") for row in rows for t in row["ner_tags"])
    outermost = 0
    for document in load_corpus("dev"):
        end = -1
        for e in sorted((e for e in document.entities or () if e.level in ("NAM", "VAL")), key=lambda e: (e.start, -e.end)):
            if e.start >= end:
                outermost, end = outermost + 1, e.end
    assert begun == outermost
    texts = {d.doc_id: d.text or "" for d in load_corpus("dev")}
    assert all(texts[row["doc_id"]][s : s + len(t)] == t for row in rows for s, t in zip(row["starts"], row["tokens"], strict=True))


def test_boilerplate_has_a_row_for_each_visible_line() -> None:
    rows = conflictnews.load_dataset("boilerplate", split="dev")
    visible = sum(bool(line.strip()) for d in load_corpus("dev") for line in (d.text or "").split("\n"))
    assert len(rows) == visible
    assert {"MAIN", "NAV"} <= set(rows["label"])
    assert set(rows["policy"]) <= {"MAIN", "BOILER", "OPTIONAL"}


def test_polars_and_duckdb_read_the_same_rows() -> None:
    path = corpus_dir() / "data" / "events" / "test.parquet"
    expected = sum(len(d.events or ()) for d in load_corpus("test"))
    assert polars.read_parquet(path).height == expected
    counted = duckdb.sql(f"select count(*), count(distinct trigger.surface) from '{path}'").fetchall()
    assert counted[0][0] == expected


def test_a_folder_that_cannot_be_written_to_loads(tmp_path: Path) -> None:
    root = tmp_path / "read-only"
    shutil.copytree(corpus_dir(), root)
    for path in sorted(root.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    root.chmod(0o555)
    assert len(datasets.load_dataset(str(root), "quotes", split="validation")) > 0
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755)


def test_the_canary_stands_in_the_card_and_in_every_data_file() -> None:
    canary = load_manifest()["canary"]
    assert canary in (corpus_dir() / "README.md").read_text(encoding="utf-8")
    for path in (corpus_dir() / "documents").rglob("*.json"):
        assert canary in path.read_text(encoding="utf-8"), path
    for path in (corpus_dir() / "data").rglob("*.parquet"):
        assert pq.read_schema(path).metadata[b"canary"].decode() == canary
        assert canary.encode() in path.read_bytes(), path


def test_the_manifest_counts_what_is_there() -> None:
    manifest = load_manifest()
    for split in SPLITS:
        documents = load_corpus(split, standoff=True)
        counts = manifest["splits"][split]
        assert counts["documents"] == len(documents)
        assert counts["entities"]["total"] == sum(len(d.entities or ()) for d in documents)
        assert sum(counts["events"]["labels"].values()) == counts["events"]["total"]
    assert set(HF_SPLITS) == set(SPLITS)


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1, "b": ["x", "no", "1.0", ""]},
        {"a": {"b": [{"c": "d: e", "f": [{"g": "#"}]}]}, "h": True},
        {"k": [], "l": {"m": "2024-01-05"}},
        {"n": "null", "o": [{"p": {"q": {"0": "O"}}}]},
    ],
)
def test_the_cards_yaml_is_read_back_as_it_was(value: Any) -> None:
    assert yaml.safe_load(to_yaml(value)) == value


def test_the_wheel_carries_everything_that_is_loaded(tmp_path: Path) -> None:
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for folder in ("corpus", "baselines", "annotation_guidelines"):
        assert f'"{folder}" = "conflictnews/_bundled/{folder}"' in config


@pytest.mark.parametrize("change, message", [({"text": "x"}, "text_sha256"), ({"meta": {"published": 20240101}}, "meta.published must be a string")])
def test_documents_that_do_not_hold_together_are_not_built(copy: Path, change: dict[str, Any], message: str) -> None:
    path = next(iter(sorted((copy / "documents" / "test").glob("*.json"))))
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change | ({"entities": [], "events": [], "quotes": [], "boilerplate": []})), encoding="utf-8")
    ran = run("build")
    assert (ran.code, path.stem in ran.err, message in ran.err) == (2, True, True)


def test_a_broken_corpus_file_is_one_line(copy: Path) -> None:
    (copy / "corpus.json").write_text('{"version"', encoding="utf-8")
    assert (run("build").code, run("build").err.count("\n")) == (2, 1)
