"""Statistics, near duplicates, pictures, Croissant: what the corpus holds, counted by hand on small pages and pinned on ours."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import msgspec
import pytest

from builders import block
from conflictnews import stats
from conflictnews.build import build, corpus_statistics, load_manifest_of
from conflictnews.corpus import SPLITS, load_corpus
from conflictnews.duplicates import jaccard, near_duplicates, repeated_sentences, shingles
from conflictnews.errors import ConflictNewsError
from conflictnews.model import Argument, Document, Entity, Event, Quote, Span
from conflictnews.report.plots import PLOTS, draw_plots, is_current
from conflictnews.report.stats import stats_rows
from conflictnews.resources import corpus_dir
from conflictnews.schema import load_schema
from conftest import run

SCHEMA = load_schema()
PAGE = "Home | War\n\nRebels shot Ana Lirio on Monday. “She ran,” he said. “They\n\n“fired twice.”\n\nRead more"


def span(words: str, *, occurrence: int = 0) -> Span:
    start = -1
    for _ in range(occurrence + 1):
        start = PAGE.index(words, start + 1)
    return Span(start, start + len(words))


def page(doc_id: str = "p", text: str | None = PAGE, **fields: object) -> Document:
    return Document(doc_id=doc_id, text=text, meta={"collection": "composed", "genre": "news", "region": "Sahel", "publisher": "Post"}, **fields)  # type: ignore[arg-type]


def annotated() -> Document:
    def mention(id_: str, words: str, label: str, level: str) -> Entity:
        at = span(words)
        return Entity(id=id_, start=at.start, end=at.end, label=label, level=level, entity=id_.lower(), surface=words)

    target, nav, more = span("Ana Lirio"), span("Home | War"), span("Read more")
    return page(
        entities=(mention("E1", "Rebels", "MIL", "NOM"), mention("E2", "Ana Lirio", "PER", "NAM"), mention("E3", "Monday", "TIME", "VAL"), mention("E4", "he", "PER", "PRO")),
        events=(Event(label="ATTACK", trigger=span("shot"), arguments=(Argument(role="TARGET", start=target.start, end=target.end),), factuality="claimed"),),
        quotes=(Quote(type="DIRECT", content=(span("“She ran,”"), span("“They\n\n“fired twice.”")), cue=(span("said"),), source=(span("he"),), speakers=("e4",)),),
        boilerplate=(block(nav.start, nav.end, "NAV"), block(more.start, more.end, "RELATED")),
    )


def test_words_of_furniture_are_not_words_of_the_article() -> None:
    assert stats.text_figures(annotated(), SCHEMA) == stats.TextFigures(words=18, main_words=13, sentences=4, long_quotes=1)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("He left. She stayed.", ["He left.", "She stayed."]),
        ("“Go.” He went.", ["“Go.”", "He went."]),
        ("It cost 2.5 million. Then 3 came", ["It cost 2.5 million.", "Then 3 came"]),
        ("One line\nand the next\n\nA new block", ["One line and the next", "A new block"]),
        ("at 6 p.m. in the town", ["at 6 p.m. in the town"]),
        ("", []),
    ],
)
def test_sentences_end_at_a_stop_before_a_capital_or_at_an_empty_line(text: str, expected: list[str]) -> None:
    assert stats.sentences(text) == expected


def test_a_page_is_counted_by_hand() -> None:
    found = stats.statistics({"test": [annotated()]}, {}, SCHEMA)
    assert found["pages"] == {"documents": 1, "composed": 1, "real": 0, "outlets": 1, "regions": {"Sahel": 1}, "genres": {"news": 1}, "with_furniture": 1}
    assert found["quotes"] == {"all": 1, "several_spans_or_paragraphs": 1, "pronoun_source": 1}
    assert found["contested"] == {"claimed": 1, "denied": 0}
    assert found["events"]["ATTACK"] == {"all": 1, "test": 1}
    assert found["events"]["KILL"] == {"all": 0, "test": 0}
    assert found["boilerplate"]["NAV"] == 1
    assert found["words"] == {"composed": {"documents": 1, "total": 18, "min": 18, "median": 18, "mean": 18.0, "max": 18}, "real": {}}
    assert found["densities"]["composed"] == {
        "names_and_values": 100 * 2 / 13,
        "mentions": 100 * 4 / 13,
        "events": 100 / 13,
        "arguments": 100 / 13,
        "quotes": 100 / 13,
        "words_per_sentence": 3.25,
        "contested_events": 1.0,
    }
    assert found["densities"]["real"]["events"] is None


def test_a_document_without_its_text_is_counted_from_what_was_measured() -> None:
    bare = Document(doc_id="w", text=None, text_sha256="0" * 64, meta={"collection": "wikinews"}, entities=(), events=(), quotes=(), boilerplate=())
    found = stats.statistics({"test_real": [bare]}, {"w": stats.TextFigures(90, 80, 4, 2)}, SCHEMA)
    assert found["words"]["wikinews"]["total"] == 90
    assert found["densities"]["wikinews"]["words_per_sentence"] == 20
    assert found["quotes"]["several_spans_or_paragraphs"] == 2
    with pytest.raises(ConflictNewsError, match="w: its text is not at hand; run `conflictnews hydrate`"):
        stats.text_figures(bare, SCHEMA)


def test_the_manifest_pins_what_stats_counts() -> None:
    assert load_manifest_of()["statistics"] == json.loads(json.dumps(corpus_statistics()))
    ran = run("stats", "--check", "--json", "-")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == load_manifest_of()["statistics"]


def test_stats_shows_every_table() -> None:
    ran = run("stats")
    assert ran.code == 0
    assert all(title in ran.out for title in stats_rows(corpus_statistics()))


def test_other_figures_than_the_pinned_ones_fail_the_check(tmp_path: Path) -> None:
    import shutil

    root = tmp_path / "corpus"
    shutil.copytree(corpus_dir(), root)
    next(iter(sorted((root / "documents/train").glob("*.json")))).unlink()
    ran = run("stats", "--check", "--corpus", root)
    assert ran.code == 1
    assert "the figures are not those of the manifest; run `conflictnews build`" in ran.out
    build(root)
    assert run("stats", "--check", "--corpus", root).code == 0


@pytest.mark.usefixtures("hydrated_texts")
def test_what_was_measured_on_the_texts_still_holds() -> None:
    kept = json.loads((corpus_dir() / "text_figures.json").read_text(encoding="utf-8"))
    standoff = [d.doc_id for split in SPLITS for d in load_corpus(split, standoff=True) if d.text is None]
    assert sorted(kept) == sorted(standoff)
    assert {d.doc_id: msgspec.to_builtins(stats.text_figures(d, SCHEMA)) for d in load_corpus("test_real")} == kept


def test_shingles_are_word_sequences_without_punctuation() -> None:
    assert shingles("The Army, he said, withdrew.", 3) == {"the army he", "army he said", "he said withdrew"}
    assert shingles("Two words", 5) == {"two words"}
    assert shingles("", 5) == frozenset()
    assert jaccard(frozenset("ab"), frozenset("bc")) == pytest.approx(1 / 3)
    assert jaccard(frozenset(), frozenset()) == 0.0


def test_a_page_with_a_changed_paragraph_is_found_and_counted_exactly() -> None:
    words = [f"word{i}" for i in range(200)]
    first = page("a", " ".join(words))
    second = page("b", " ".join([*words[:150], *(f"other{i}" for i in range(50))]))
    far = page("c", " ".join(f"far{i}" for i in range(200)))
    found = near_duplicates([first, second, far])
    assert [(t.first, t.second) for t in found] == [("a", "b")]
    assert found[0].jaccard == 146 / (196 + 196 - 146)


def test_a_sentence_on_two_pages_is_named_but_not_one_in_furniture_or_a_short_one() -> None:
    line = "The bridge at Sauli was blown up at night."
    pages = [page("a", f"He came. {line}"), page("b", f"{line.upper()} He came."), page("c", "He came.")]
    assert [(r.sentence, r.doc_ids) for r in repeated_sentences(pages, SCHEMA)] == [(line, ("a", "b"))]
    hidden = page("d", line, boilerplate=(block(0, len(line), "RELATED"),))
    assert repeated_sentences([pages[0], hidden], SCHEMA) == []


def test_no_two_composed_pages_are_alike() -> None:
    """Every pair is counted here, without the hashes."""
    pages = [d for split in ("train", "dev", "test") for d in load_corpus(split)]
    sets = [shingles(d.text or "") for d in pages]
    most = max(jaccard(a, b) for i, a in enumerate(sets) for b in sets[i + 1 :])
    assert most <= 0.3
    assert repeated_sentences(pages, SCHEMA) == []
    kept = json.loads((corpus_dir() / "duplicates.json").read_text(encoding="utf-8"))
    assert (kept["pages"], kept["above"], kept["repeated_sentences"]) == (len(pages), 0, [])
    assert kept["most_alike"][0]["jaccard"] == pytest.approx(most, abs=0.005)


def test_duplicates_is_a_command_with_an_exit_code() -> None:
    ran = run("corpus", "duplicates", "--split", "dev")
    assert ran.code == 0, ran.err
    assert "0 pairs above 0.3, 0 sentences on more than one page" in ran.out


def test_the_pictures_of_the_card_show_the_present_figures(tmp_path: Path) -> None:
    found = corpus_statistics()
    assert [name for name in PLOTS if not is_current(corpus_dir() / "plots" / f"{name}.svg", found)] == []
    card = (corpus_dir() / "README.md").read_text(encoding="utf-8")
    assert all(f"](plots/{name}.svg)" in card for name in PLOTS)


def test_a_picture_drawn_twice_is_the_same_file_and_goes_stale_with_its_figures(tmp_path: Path) -> None:
    found = corpus_statistics()
    first, second = (draw_plots(found, tmp_path / name) for name in ("a", "b"))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    found["events"]["KILL"]["all"] += 1
    assert not is_current(tmp_path / "a" / "event-types.svg", found)
    assert is_current(tmp_path / "a" / "lengths.svg", found)


@pytest.mark.filterwarnings("ignore")
def test_croissant_is_valid_and_its_records_are_the_tables() -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(corpus_dir() / "croissant.json"))
    assert dataset.metadata.issues.errors == set()
    assert dataset.metadata.issues.warnings == set()
    splits = load_manifest_of()["splits"]
    sets = {r.uuid for r in dataset.metadata.record_sets}
    assert {"documents/train", "entities/validation", "events/test", "quotes/test_real", "boilerplate/train", "ner/test"} <= sets
    mentions = list(dataset.records("entities/validation"))
    assert len(mentions) == splits["dev"]["entities"]["total"]
    gold = load_corpus("dev")[0].entities or ()
    assert (mentions[0]["entities/validation/surface"].decode(), mentions[0]["entities/validation/start"]) == (gold[0].surface, gold[0].start)
    trigger = next(iter(dataset.records("events/validation")))["events/validation/trigger"]
    assert trigger["events/validation/trigger/surface"].decode() == (load_corpus("dev")[0].events or ())[0].trigger.surface


def test_croissant_names_the_checksum_of_every_file() -> None:
    described = json.loads((corpus_dir() / "croissant.json").read_text(encoding="utf-8"))
    files = {f["contentUrl"]: f["sha256"] for f in described["distribution"]}
    assert files == {p.relative_to(corpus_dir()).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in corpus_dir().rglob("data/*/*.parquet")}
