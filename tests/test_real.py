"""The documents of test_real with their texts: skipped where the third-party texts are not at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conflictnews.corpus import load_corpus
from conflictnews.io.formats import FORMATS
from conflictnews.io.jsonl import write_jsonl
from conflictnews.model import Document, spans_of
from conflictnews.scoring import TASKS
from conftest import run
from test_formats import there_and_back

pytestmark = pytest.mark.usefixtures("hydrated_texts")


@pytest.fixture
def seed() -> Document:
    """The page that the corpus started from."""
    return next(d for d in load_corpus("test_real") if d.doc_id == "morning-star")


def words(document: Document, start: int, end: int) -> str:
    return (document.text or "")[start:end]


def test_every_span_of_the_seed_page_has_its_words(seed: Document) -> None:
    found = spans_of(seed)
    assert len(found) > 150
    assert all(words(seed, start, end) == surface and surface.strip() for _, start, end, surface in found)
    surfaces = {surface for *_, surface in found}
    assert {"Hayat Tahrir al-Sham", "Khanaser", "six miles", "Dmitry Peskov"} <= surfaces


def test_the_seed_page_has_its_menu_line_and_its_fund_meter(seed: Document) -> None:
    assert [(b.label, words(seed, b.start, b.end).split("\n")[0], words(seed, b.start, b.end).split("\n")[-1]) for b in seed.boilerplate or ()] == [
        ("NAV", "Skip to main content", "Skip to main content"),
        ("DONATE", "OWNED BY OUR READERS", "Donate today"),
    ]


def test_the_quote_over_two_paragraphs_is_one_quote_with_its_speaker(seed: Document) -> None:
    people = {e.entity: words(seed, e.start, e.end) for e in seed.entities or () if e.label == "PER" and e.level == "NAM"}
    quotes = [q for q in seed.quotes or () if "\n\n" in words(seed, q.content[0].start, q.content[-1].end)]
    assert len(quotes) == 1
    (quote,) = quotes
    said = words(seed, quote.content[0].start, quote.content[0].end)
    assert (len(quote.content), said[0], said[-1], said.count("“")) == (1, "“", "”", 2)
    assert [people[s] for s in quote.speakers] == ["Dmitry Peskov"]
    assert quote.type == "DIRECT"


def test_the_capture_of_four_towns_is_claimed_by_the_insurgents(seed: Document) -> None:
    claimed = [
        v for v in seed.events or () if v.label == "TAKE_TERRITORY" and v.factuality == "claimed" and any(words(seed, a.start, a.end).endswith("new towns") for a in v.arguments)
    ]
    assert len(claimed) == 1
    (event,) = claimed
    names = {words(seed, e.start, e.end) for e in seed.entities or () if e.entity == event.source}
    assert "insurgent forces" in names
    assert words(seed, event.trigger.start, event.trigger.end) == "capture"


def test_gold_of_test_real_against_itself_is_perfect_on_every_metric(tmp_path: Path) -> None:
    write_jsonl(load_corpus("test_real"), tmp_path / "p.jsonl")
    ran = run("score", tmp_path / "p.jsonl", "--split", "test_real", "--json", "-")
    assert ran.code == 0, ran.err
    assert {name: s["f1"] for name, s in json.loads(ran.out)["scores"].items()} == dict.fromkeys(TASKS, 1.0)


def test_test_real_is_valid_with_its_texts() -> None:
    from conflictnews.resources import corpus_dir

    ran = run("validate", corpus_dir() / "documents" / "test_real")
    assert (ran.code, ran.out.strip().split("\n")[-1]) == (0, f"{len(load_corpus('test_real'))} documents, no problems")


def test_no_twelve_words_of_a_real_text_stand_in_the_repository(hydrated_texts: Path) -> None:
    import re

    root = Path(__file__).resolve().parent.parent
    squash = lambda s: re.sub(r"\W+", " ", s).lower().split()  # noqa: E731 - one use, one line
    grams = {" ".join(w[i : i + 12]) for d in load_corpus("test_real") for w in [squash(d.text or "")] for i in range(len(w) - 11)}
    for folder in ("src", "corpus", "baselines", "annotation_guidelines", "tests", "scripts"):
        for path in (root / folder).rglob("*"):
            if path.suffix in {".py", ".json", ".jsonl", ".md", ".txt", ".sheet"}:
                w = squash(path.read_text(encoding="utf-8"))
                assert not any(" ".join(w[i : i + 12]) in grams for i in range(len(w) - 11)), path


@pytest.mark.parametrize("name", [name for name, entry in FORMATS.items() if entry.lossless])
def test_the_real_pages_come_back_identical_from_every_lossless_format(name: str) -> None:
    documents = tuple(load_corpus("test_real"))
    assert all(d.text is not None for d in documents)
    assert sorted(there_and_back(name, documents), key=lambda d: d.doc_id) == sorted(documents, key=lambda d: d.doc_id)
