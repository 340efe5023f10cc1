"""The baselines: what ships is what the code gives, and odd pages do no harm."""

from __future__ import annotations

import json

import msgspec
import pytest

from conflictnews.baselines import BASELINES
from conflictnews.baselines.artefacts import LEARNERS
from conflictnews.baselines.parameters import read_parameters
from conflictnews.baselines.spacy_reference import SpacyReference
from conflictnews.bench import bare, missing
from conflictnews.corpus import SPLITS, load_corpus
from conflictnews.errors import MissingExtraError
from conflictnews.evaluate import score_split
from conflictnews.hydrate import strip_text
from conflictnews.io.jsonl import iter_documents
from conflictnews.model import Document, first_fault
from conflictnews.resources import baselines_dir
from conflictnews.schema import load_schema
from conflictnews.validation import check_document
from conftest import run

INSTALLED = [name for name, baseline in BASELINES.items() if baseline.installed()]


@pytest.mark.parametrize("name", LEARNERS)
def test_the_shipped_parameters_are_those_that_train_gives(name: str) -> None:
    learnt = msgspec.json.decode(msgspec.json.encode(LEARNERS[name](load_corpus("train"))))
    assert read_parameters(name) == learnt


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize("split", ["dev", "test"])
def test_the_shipped_predictions_are_those_that_the_baseline_gives(name: str, split: str) -> None:
    again = [strip_text(d) for d in BASELINES[name].load()(map(bare, load_corpus(split)))]
    shipped = list(iter_documents(baselines_dir() / name / "predictions" / f"{split}.jsonl"))
    if BASELINES[name].kind == "reference" or name == "entities-spacy":  # a neural model: floating point may tip a close decision on another machine
        differ = sum(set(a.entities or ()) != set(b.entities or ()) for a, b in zip(again, shipped, strict=True))
        assert differ <= len(shipped) // 2
    else:
        assert again == shipped


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_the_shipped_predictions_give_the_leaderboard_to_the_last_digit(name: str, split: str) -> None:
    rows = json.loads((baselines_dir() / "leaderboard.json").read_text(encoding="utf-8"))
    row = next(r for r in rows if (r["system"], r["split"]) == (name, split))
    predicted = iter_documents(baselines_dir() / name / "predictions" / f"{split}.jsonl")
    result = score_split(load_corpus(split), predicted, split, layers=BASELINES[name].layers)
    assert (result.signature, result.as_dict()["scores"]) == (row["signature"], row["scores"])


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.usefixtures("hydrated_texts")
def test_the_shipped_predictions_of_test_real_give_the_leaderboard_too(name: str) -> None:
    rows = json.loads((baselines_dir() / "leaderboard.json").read_text(encoding="utf-8"))
    row = next(r for r in rows if (r["system"], r["split"]) == (name, "test_real"))
    predicted = iter_documents(baselines_dir() / name / "predictions" / "test_real.jsonl")
    assert score_split(load_corpus("test_real"), predicted, "test_real", layers=BASELINES[name].layers).as_dict()["scores"] == row["scores"]


def test_shipped_predictions_carry_no_texts() -> None:
    for name in BASELINES:
        for split in SPLITS:
            for document in iter_documents(baselines_dir() / name / "predictions" / f"{split}.jsonl"):
                assert document.text is None
                assert all(e.surface is None for e in document.entities or ())


ODD = {
    "empty": "",
    "blank": "\n \n\t\n",
    "emoji": "😀😀 said “😀 𝒜 b c d e” 😀\n",
    "crlf": "Menu | A | B\r\n\r\nFighters shelled Kidal.\r\n",
    "marks": "“a b c d e\n\nno end",
    "long": "word " * 20_000,
    "zero": "a\u200bb\u2028c \x00 d",
}


@pytest.mark.parametrize("name", INSTALLED)
def test_odd_pages_give_sound_documents_in_the_same_order(name: str) -> None:
    texts = [Document(doc_id=key, text=text) for key, text in ODD.items()]
    found = list(BASELINES[name].load()(texts))
    assert [d.doc_id for d in found] == list(ODD)
    for text, document in zip(texts, found, strict=True):
        assert first_fault(document, len(text.text or "")) is None
        assert all(document.layer(layer) is not None for layer in BASELINES[name].layers)


@pytest.mark.parametrize("name", INSTALLED)
def test_predictions_use_the_labels_of_the_scheme(name: str) -> None:
    schema = load_schema()
    found = BASELINES[name].load()(map(bare, load_corpus("dev")))
    problems = [p for d in found for p in check_document(d, schema, levels=("labels",)) if p.check not in ("labels.reference", "labels.filler")]
    assert problems == []


def test_the_reference_cuts_what_our_guidelines_leave_outside() -> None:
    reference = SpacyReference.__new__(SpacyReference)
    import re

    config = read_parameters("entities-en_core_web_sm", "label_map.json")
    reference.before = re.compile(rf"(?:(?:{'|'.join(map(re.escape, config['outside_before']))})\s+)+", re.IGNORECASE)
    reference.after = re.compile(rf"(?:{'|'.join(map(re.escape, config['outside_after']))})$")
    for text, kept in (("the Red Cross", "Red Cross"), ("at least nine", "nine"), ("Kidal's", "Kidal"), ("more than about 50", "50"), ("the", "the"), ("Amanda", "Amanda")):
        start, end = reference._trim(text, 0, len(text))
        assert text[start:end] == kept


def test_a_baseline_that_is_not_installed_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = msgspec.structs.replace(BASELINES["entities-en_core_web_sm"], needs=("no_such_module",))
    monkeypatch.setitem(BASELINES, "entities-en_core_web_sm", absent)
    assert list(missing()) == [("entities-en_core_web_sm", "reference")]
    ran = run("predict", "entities-en_core_web_sm", "x.txt")
    assert (ran.code, "conflictnews[reference]" in ran.err) == (2, True)
    assert "pip install" in str(MissingExtraError("this", "spacy"))


def test_bench_prints_a_leaderboard_for_every_layer_and_says_how_to_get_the_rest() -> None:
    ran = run("bench", "--split", "dev", "--system", "boilerplate-rules", "--system", "quotes-rules")
    assert ran.code == 0, ran.err
    assert "boilerplate: dev" in ran.out
    assert "quotes: dev" in ran.out
    everything = run("bench", "--system", "boilerplate-rules")
    assert "not scored" in everything.out
    assert "conflictnews hydrate" in everything.out


def test_bench_keeps_predictions_that_score_the_same(tmp_path: object) -> None:
    ran = run("bench", "--split", "dev", "--system", "boilerplate-rules", "--json", "-", "-o", tmp_path)
    row = json.loads(ran.out)[0]
    again = json.loads(run("score", f"{tmp_path}/boilerplate-rules/dev.jsonl", "--split", "dev", "--json", "-").out)
    assert again["scores"] == row["scores"]
