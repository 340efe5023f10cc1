from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import block, quote
from conflictnews.agreement import MEASURES, agree, cohen_kappa, krippendorff_alpha, load_floors
from conflictnews.agreement.nominal import alpha, rows, tally
from conflictnews.corpus import load_corpus
from conflictnews.errors import ScoringError
from conflictnews.io.jsonl import write_jsonl
from conflictnews.model import LAYERS, Argument, Document, Entity, Event, Span
from conflictnews.resources import corpus_dir
from conftest import run
from strategies import documents


def values(first: list[Document], second: list[Document]) -> dict[str, float | None]:
    return {name: m.value for name, m in agree(first, second, resamples=10).measures.items()}


def test_a_pass_agrees_with_itself() -> None:
    found = agree(load_corpus("dev"), load_corpus("dev"), resamples=20).measures
    assert {name: m.value for name, m in found.items()} == dict.fromkeys(MEASURES, 1.0)
    assert {m.ci for m in found.values()} == {(1.0, 1.0)}


@settings(max_examples=60, deadline=None)
@given(documents(doc_id="d"))
def test_any_document_agrees_with_itself_wherever_there_is_something_to_agree_on(document: Document) -> None:
    if any(document.layer(layer) is not None for layer in LAYERS):
        assert set(values([document], [document]).values()) <= {1.0, None}


def test_empty_layers_have_nothing_to_agree_on() -> None:
    bare = Document(doc_id="d", text="Quiet day.\n", entities=(), events=(), quotes=(), boilerplate=())
    found = values([bare], [bare])
    assert found.pop("boilerplate.line.kappa") == 1.0  # one line, and both say that it is none
    assert set(found.values()) == {None}


@pytest.mark.parametrize(
    "labels, kappa",
    [
        ([("a", "a"), ("b", "b")], 1.0),
        ([("a", "b"), ("b", "a")], -1.0),
        ([("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")], 0.0),
        # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed .7, expected .5
        ([("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15, 0.4),
        ([("a", "a")], 1.0),
        ([], None),
    ],
)
def test_cohens_kappa_by_hand(labels: list[tuple[object, object]], kappa: float | None) -> None:
    assert cohen_kappa(labels) == (None if kappa is None else pytest.approx(kappa))


@pytest.mark.parametrize(
    "labels, expected",
    [
        # the nominal example of Krippendorff's own tutorial: 3 of 12 units differ; a 4, b 6, c 6, d 6, e 2 of 24 values: 1 - 23 * 6 / (576 - 128)
        (list(zip("aabbdcccedda", "babbbccceddd", strict=True)), 1 - 138 / 448),
        # 1 of 2 units differs; a 3, b 1 of 4 values: 1 - 3 * 2 / (16 - 10)
        ([("a", "a"), ("a", "b")], 0.0),
        # both differ; a 2, b 2 of 4: 1 - 3 * 4 / (16 - 8)
        ([("a", "b"), ("b", "a")], -0.5),
        ([("a", "a"), ("b", "b")], 1.0),
        ([("a", "a"), ("a", "a")], None),
        ([], None),
    ],
)
def test_krippendorffs_alpha_by_hand(labels: list[tuple[object, object]], expected: float | None) -> None:
    assert krippendorff_alpha(labels) == (None if expected is None else pytest.approx(expected))


def naive_alpha(labels: list[tuple[str, str]]) -> float:
    """From the definition: one less the share of unlike values within units over that among all values, drawn without putting back."""
    observed = sum(a != b for a, b in labels) / len(labels)
    pool = [value for pair in labels for value in pair]
    unlike = sum(x != y for i, x in enumerate(pool) for j, y in enumerate(pool) if i != j)
    return 1 - observed / (unlike / (len(pool) * (len(pool) - 1)))


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1, max_size=25))
def test_alpha_is_that_of_the_definition(labels: list[tuple[str, str]]) -> None:
    if len({value for pair in labels for value in pair}) > 1:
        assert krippendorff_alpha(labels) == pytest.approx(naive_alpha(labels))


@pytest.mark.parametrize("seed", range(20))
def test_alpha_is_that_of_the_krippendorff_package(seed: int) -> None:
    peer = pytest.importorskip("krippendorff", reason="krippendorff is not installed (GPL: no dependency of ours, only compared with where it is there)")
    generator = random.Random(seed)
    labels = [(generator.randrange(4), generator.choice([0, 1, 2, 3, 3])) for _ in range(generator.randrange(5, 200))]
    expected = peer.alpha(reliability_data=np.array(labels, dtype=float).T, level_of_measurement="nominal")
    assert krippendorff_alpha(labels) == pytest.approx(expected)


def test_counts_of_documents_add_up_to_those_of_all_their_units() -> None:
    parts = [[("a", "a"), ("a", "b")], [("c", "c")], [], [("b", "b"), ("c", "a")]]
    whole = [pair for part in parts for pair in part]
    assert alpha(rows([tally(part) for part in parts]).sum(axis=0)) == pytest.approx(krippendorff_alpha(whole))


FIRST = Document(
    doc_id="one",
    text="Ada hit Bo town.",
    entities=(Entity(0, 3, "PER", level="NAM", entity="ada"), Entity(8, 10, "GPE", level="NAM", entity="bo")),
    events=(
        Event(label="STRIKE", trigger=Span(4, 7), arguments=(Argument("ATTACKER", 0, 3), Argument("PLACE", 8, 10)), factuality="asserted"),
        Event(label="KILL", trigger=Span(4, 7), factuality="denied"),
    ),
    quotes=(quote((0, 10), speakers=("ada",)),),
    boilerplate=(),
)
SECOND = msgspec.structs.replace(
    FIRST,
    entities=(Entity(0, 3, "PER", level="NAM", entity="x"), Entity(8, 15, "GPE", level="NAM", entity="y")),
    events=(
        Event(label="STRIKE", trigger=Span(4, 7), arguments=(Argument("ATTACKER", 0, 3), Argument("PLACE", 8, 15)), factuality="claimed"),
        Event(label="KILL", trigger=Span(4, 7), factuality="denied"),
        Event(label="INJURE", trigger=Span(11, 15), factuality="denied"),
    ),
    quotes=(quote((0, 7), speakers=("x",)), quote((11, 15))),
    boilerplate=(block(0, 16, "NAV"),),
)


@pytest.mark.parametrize(
    "measure, expected, n",
    [
        ("entities.strict", 2 * 1 / 4, (2, 2)),  # Ada; Bo ends elsewhere
        ("entities.type", 1.0, (2, 2)),
        ("entities.strict.all", 1 / 2, (2, 2)),
        ("entities.type.all", 1.0, (2, 2)),
        # 13 visible characters, "town" differs: PER 3+3, GPE 2+6, none 8+4 of 26 values: 1 - 25 * 8 / (676 - 36 - 64 - 144)
        ("entities.alpha", 1 - 200 / 432, (13, 13)),
        ("events.trigger", 2 * 2 / 5, (2, 3)),
        ("events.trigger.overlap", 2 * 2 / 5, (2, 3)),
        ("events.argument_attached", 2 * 1 / 4, (2, 2)),
        ("events.argument_attached.overlap", 1.0, (2, 2)),
        # asserted-claimed, denied-denied: observed 1/2, expected 1/2 * 1/2
        ("events.factuality.kappa", (1 / 2 - 1 / 4) / (3 / 4), (2, 2)),
        # "town" differs: {KILL, STRIKE} 3+3, INJURE 0+4, none 10+6 of 26 values: 1 - 25 * 8 / (676 - 36 - 16 - 256)
        ("events.alpha", 1 - 200 / 368, (13, 13)),
        ("quotes.content.iou", 2 * 1 / 3, (1, 2)),  # 7 of 10 characters
        ("quotes.content.strict", 0.0, (1, 2)),
        ("quotes.content.overlap", 2 / 3, (1, 2)),
        ("quotes.speaker", 1.0, (1, 1)),
        # visible: "Bo" only in the first, "town" only in the second; quote 8+10, none 5+3: 1 - 25 * 12 / (676 - 324 - 64)
        ("quotes.alpha", 1 - 300 / 288, (13, 13)),
        ("boilerplate.block", 0.0, (0, 1)),
        ("boilerplate.block.overlap", 0.0, (0, 1)),
        ("boilerplate.line.kappa", 0.0, (1, 1)),  # one line, both values fixed: observed 0, expected 0
        ("boilerplate.alpha", 1 - 25 * 26 / (676 - 2 * 169), (13, 13)),
    ],
)
def test_two_small_passes_by_hand(measure: str, expected: float, n: tuple[int, int]) -> None:
    found = agree([FIRST], [SECOND]).measures[measure]
    assert (found.value, found.n, found.ci) == (pytest.approx(expected), n, None)


def test_every_measure_is_worked_by_hand_above() -> None:
    marks = test_two_small_passes_by_hand.pytestmark  # type: ignore[attr-defined]
    assert [row[0] for row in marks[0].args[1]] == list(MEASURES)


def test_factuality_is_compared_on_events_that_both_have() -> None:
    def events(*items: tuple[int, str]) -> Document:
        return Document(doc_id="d", events=tuple(Event(label="KILL", trigger=Span(s, s + 1), factuality=f) for s, f in items))

    found = values([events((0, "asserted"), (2, "claimed"), (4, "denied"))], [events((0, "asserted"), (2, "claimed"), (6, "denied"))])
    assert found["events.factuality.kappa"] == 1.0
    assert found["events.trigger"] == pytest.approx(2 / 3)


def test_agreement_is_the_same_whichever_pass_comes_first() -> None:
    gold = load_corpus("dev")
    other = [msgspec.structs.replace(d, entities=(d.entities or ())[::2], quotes=(d.quotes or ())[1:], boilerplate=(d.boilerplate or ())[1:]) for d in gold]
    assert values(list(gold), other) == values(other, list(gold))


def test_intervals_are_those_of_documents_drawn_again() -> None:
    # Three documents agree and three do not: F1 of a draw is the share of the first kind, a binomial of six over six; 2.5 % and 97.5 % are 1/6 and 5/6
    first = [Document(doc_id=f"d{i}", text="Ada", entities=(Entity(0, 3, "PER", level="NAM"),)) for i in range(6)]
    second = [d if i < 3 else msgspec.structs.replace(d, entities=(Entity(0, 3, "ORG", level="NAM"),)) for i, d in enumerate(first)]
    found = agree(first, second, resamples=4000).measures
    assert (found["entities.strict"].value, found["entities.strict"].ci) == (0.5, pytest.approx((1 / 6, 5 / 6)))
    low, high = found["entities.alpha"].ci or (0, 0)
    assert low < (found["entities.alpha"].value or 0) < high


def test_documents_of_one_pass_are_left_out_and_named() -> None:
    extra = msgspec.structs.replace(FIRST, doc_id="two")
    found = agree([FIRST, extra], [SECOND])
    assert (found.documents, found.only_first, found.only_second) == (("one",), ("two",), ())
    with pytest.raises(ScoringError, match="share no document: the first has two, the second one"):
        agree([extra], [SECOND])


def test_a_layer_that_one_pass_did_not_attempt_is_left_out_and_told() -> None:
    lacking = msgspec.structs.replace(SECOND, quotes=None)
    found = agree([FIRST, msgspec.structs.replace(FIRST, doc_id="two")], [lacking, msgspec.structs.replace(SECOND, doc_id="two")])
    assert found.measures["quotes.content.iou"].n == (1, 2)
    assert found.warnings == ("1 documents lack quotes in one pass (first one); they are left out there",)
    with pytest.raises(ScoringError, match="no document has the layer quotes in both passes"):
        agree([FIRST], [lacking], layers=["quotes"])


def test_different_texts_are_an_error_that_shows_where_they_part() -> None:
    other = msgspec.structs.replace(SECOND, text="Ada hit Bu town.")
    with pytest.raises(ScoringError, match=r"one: the passes are over different texts: at character 9 the first has 'o town\.', the second 'u town\.'"):
        agree([FIRST], [other])


def test_without_texts_lines_and_characters_are_not_compared() -> None:
    found = agree([msgspec.structs.replace(FIRST, text=None)], [msgspec.structs.replace(SECOND, text=None)])
    assert {name for name, m in found.measures.items() if m.value is None} == {name for name, m in MEASURES.items() if m.needs_text}
    assert "1 documents have no text (first one)" in found.warnings[0]


def test_the_floors_of_the_corpus_are_of_measures_and_below_their_targets() -> None:
    floors = load_floors()
    assert floors.keys() <= MEASURES.keys()
    assert all(0 < f.floor < f.target < 1 for f in floors.values())


def test_the_command_shows_marks_and_writes_what_it_found(tmp_path: Path) -> None:
    write_jsonl([FIRST, msgspec.structs.replace(FIRST, doc_id="two")], tmp_path / "a.jsonl")
    write_jsonl([SECOND], tmp_path / "b.jsonl")
    ran = run("agree", tmp_path / "a.jsonl", tmp_path / "b.jsonl", "--layer", "entities", "--json", tmp_path / "out.json", "--markdown", tmp_path / "out.md")
    assert ran.code == 0, ran.err
    assert "0.500 ▼" in ran.out
    assert f"{tmp_path / 'b.jsonl'} lacks 1 documents of the other pass (two)" in ran.err
    found = json.loads((tmp_path / "out.json").read_text())
    assert (found["only_first"], found["measures"]["entities.strict"]["value"], found["measures"]["entities.strict"]["below"]) == (["two"], 0.5, True)
    assert "| entities, names and values | 0.500 ▼ | – | 0.96 | 0.985 | 2 | 2 |" in (tmp_path / "out.md").read_text()
    assert "quotes" not in found["measures"]
    assert run("agree", tmp_path / "a.jsonl", tmp_path / "b.jsonl", "--check").code == 1
    assert run("agree", tmp_path / "a.jsonl", tmp_path / "a.jsonl", "--check").code == 0
    assert run("agree", tmp_path / "none.jsonl", tmp_path / "b.jsonl").code == 2
    assert "there is no layer 'names'" in run("agree", tmp_path / "a.jsonl", tmp_path / "b.jsonl", "--layer", "names").err


def test_passes_of_any_format_are_read(tmp_path: Path) -> None:
    write_jsonl([FIRST], tmp_path / "a.jsonl")
    from conflictnews.io.formats import FORMATS

    FORMATS["inline"].load().write([FIRST], tmp_path / "b.inline.txt")
    ran = run("agree", tmp_path / "a.jsonl", tmp_path / "b.inline.txt", "--json", "-")
    assert (ran.code, ran.err) == (0, "")
    assert {m["value"] for m in json.loads(ran.out)["measures"].values()} <= {1.0, None}


def test_the_agreement_of_the_card_is_that_of_the_passes() -> None:
    stored = json.loads((corpus_dir() / "agreement.json").read_text(encoding="utf-8"))
    root = corpus_dir() / "passes"
    from conflictnews.io.jsondoc import load_document

    for split in ("dev", "test"):
        names = stored["split"][split]["documents"]
        passes = [[load_document(root / side / f"{name}.json") for name in names] for side in ("a", "b")]
        assert json.loads(msgspec.json.encode(agree(*passes).as_dict())) == stored["split"][split]
