"""Pairing, errors and layers of `score`; events, quotes and boilerplate."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import block, ents, event, quote
from conflictnews.errors import ScoringError
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span, text_sha256
from conflictnews.schema import load_schema
from conflictnews.scoring import TASKS, intervals, score
from conflictnews.scoring.intervals import resampled_totals

replace = msgspec.structs.replace


def one(gold: Document, predicted: Document, name: str) -> tuple[float, float, float]:
    found = score([gold], [predicted], resamples=1).scores[name]
    return found.tp, found.fp, found.fn


# --- pairing


def test_documents_pair_by_id_and_not_by_position() -> None:
    a, b = ents((0, 3, "ORG"), doc_id="a"), ents((5, 9, "PER"), doc_id="b")
    assert score([a, b], [b, a], resamples=1).scores["entities.strict"].f1 == 1


def test_an_unknown_document_is_an_error_that_names_it() -> None:
    with pytest.raises(ScoringError, match="b is predicted but is not in gold"):
        score([ents(doc_id="a")], [ents(doc_id="a"), ents(doc_id="b")])


def test_a_missing_document_is_missed_gold() -> None:
    result = score([ents((0, 3, "ORG"), doc_id="a"), ents((0, 3, "ORG"), doc_id="b")], [ents((0, 3, "ORG"), doc_id="a")], resamples=1)
    assert result.missing == ("b",)
    assert result.scores["entities.strict"].fn == 1
    assert "missing:fn1" in result.signature


def test_no_prediction_at_all_scores_every_layer_of_gold() -> None:
    gold = replace(ents((0, 3, "ORG")), events=(event("KILL", 0, 3),), quotes=(quote((0, 3)),), boilerplate=(block(0, 3),), text="abcdef\n")
    result = score([gold], [], resamples=1)
    assert set(result.scores) == set(TASKS)
    assert all(s.recall in (0, None) and s.precision is None for s in result.scores.values())


def test_a_document_given_twice_is_an_error() -> None:
    with pytest.raises(ScoringError, match="d comes twice in the predictions"):
        score([ents()], [ents(), ents()])


def test_a_layer_that_is_absent_is_not_scored_and_an_empty_one_is() -> None:
    gold = replace(ents((0, 3, "ORG")), events=(event("KILL", 0, 3),))
    assert set(score([gold], [Document(doc_id="d", entities=())], resamples=1).layers) == {"entities"}
    assert set(score([gold], [Document(doc_id="d", entities=(), events=())], resamples=1).layers) == {"entities", "events"}


def test_a_layer_that_some_predictions_leave_out_is_missed_there() -> None:
    gold = [ents((0, 3, "ORG"), doc_id="a"), ents((0, 3, "ORG"), doc_id="b")]
    result = score(gold, [ents((0, 3, "ORG"), doc_id="a"), Document(doc_id="b")], resamples=1)
    assert result.incomplete == {"entities": ("b",)}
    assert result.scores["entities.strict"].fn == 1


def test_a_gold_document_without_a_layer_is_not_asked_about_it() -> None:
    gold = [ents((0, 3, "ORG"), doc_id="a"), Document(doc_id="b", events=())]
    result = score(gold, [ents((0, 3, "ORG"), doc_id="a"), ents((0, 3, "ORG"), doc_id="b")], resamples=1)
    assert result.scores["entities.strict"].fp == 0


def test_a_layer_that_was_asked_for_must_be_there() -> None:
    with pytest.raises(ScoringError, match="predictions hold no layer events"):
        score([replace(ents(), events=())], [ents()], layers=["events"])
    with pytest.raises(ScoringError, match="gold has no layer quotes"):
        score([ents()], [replace(ents(), quotes=())], layers=["quotes"])
    with pytest.raises(ScoringError, match="no layer 'people'"):
        score([ents()], [ents()], layers=["people"])


def test_a_duplicate_in_gold_is_refused() -> None:
    with pytest.raises(ScoringError, match="gold has the same annotation twice"):
        score([ents((0, 3, "ORG"), (0, 3, "ORG"))], [ents()])


def test_another_text_is_refused_with_the_first_difference() -> None:
    gold, other = replace(ents(), text="one two three"), replace(ents(), text="one too three")
    with pytest.raises(ScoringError, match=r"at character 5 gold has 'wo three', the prediction 'oo three'"):
        score([gold], [other])


def test_a_checksum_of_another_text_is_refused() -> None:
    with pytest.raises(ScoringError, match="text_sha256"):
        score([replace(ents(), text="abc")], [replace(ents(), text_sha256="0" * 64)])


@pytest.mark.parametrize("span, words", [((5, 5), "empty"), ((7, 5), "inverted"), ((-1, 5), "negative"), ((3, 99), "ends past the text")])
def test_impossible_spans_are_refused(span: tuple[int, int], words: str) -> None:
    with pytest.raises(ScoringError, match=words):
        score([replace(ents(), text="0123456789")], [ents((*span, "ORG"))])


# --- events


def test_trigger_identification_forgives_the_type_and_classification_does_not() -> None:
    gold, predicted = Document(doc_id="d", events=(event("KILL", 0, 6),)), Document(doc_id="d", events=(event("INJURE", 0, 6),))
    assert one(gold, predicted, "events.trigger_id") == (1, 0, 0)
    assert one(gold, predicted, "events.trigger") == (0, 1, 1)


def test_one_trigger_with_two_types_is_two_events() -> None:
    both = Document(doc_id="d", events=(event("KILL", 0, 9), event("ATTACK", 0, 9)))
    assert one(both, both, "events.trigger") == (2, 0, 0)
    assert one(both, replace(both, events=both.events[:1] if both.events else ()), "events.trigger") == (1, 0, 1)


def test_an_argument_on_the_wrong_trigger_is_wrong() -> None:
    gold = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12)), event("KILL", 20, 26)))
    moved = Document(doc_id="d", events=(event("KILL", 0, 6), event("KILL", 20, 26, ("VICTIM", 8, 12))))
    assert one(gold, moved, "events.argument_attached") == (0, 1, 1)


def test_an_argument_of_a_wrong_type_or_role_is_wrong() -> None:
    gold = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12)),))
    assert one(gold, Document(doc_id="d", events=(event("INJURE", 0, 6, ("VICTIM", 8, 12)),)), "events.argument_attached") == (0, 1, 1)
    assert one(gold, Document(doc_id="d", events=(event("KILL", 0, 6, ("KILLER", 8, 12)),)), "events.argument_attached") == (0, 1, 1)


def test_roles_and_types_that_gold_lacks_cost_precision() -> None:
    gold = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12)),))
    extra = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12), ("PLACE", 15, 20)), event("MEET", 30, 34)))
    assert one(gold, extra, "events.argument_attached") == (1, 1, 0)
    assert one(gold, extra, "events.trigger") == (1, 1, 0)


def test_a_duplicate_event_is_a_false_positive() -> None:
    gold = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12)),))
    twice = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12)),) * 2)
    assert one(gold, twice, "events.trigger") == (1, 1, 0)
    assert one(gold, twice, "events.argument_attached") == (1, 1, 0)


# --- quotes


@pytest.mark.parametrize(
    "gold, predicted, strict, overlap, iou",
    [
        ([(0, 10)], [(0, 10)], 1, 1, 1),
        ([(0, 10)], [(0, 5)], 0, 1, 1),  # IoU of exactly one half counts
        ([(0, 11)], [(0, 5)], 0, 1, 0),
        ([(0, 10)], [(10, 20)], 0, 0, 0),
        ([(0, 10), (20, 30)], [(0, 30)], 0, 1, 1),
        ([(0, 10), (20, 30)], [(0, 10)], 0, 1, 1),
        ([(0, 5), (5, 10)], [(0, 10)], 0, 1, 1),
    ],
)
def test_quotes_match_by_their_characters(gold: list[tuple[int, int]], predicted: list[tuple[int, int]], strict: int, overlap: int, iou: int) -> None:
    g, p = Document(doc_id="d", quotes=(quote(*gold),)), Document(doc_id="d", quotes=(quote(*predicted),))
    assert [one(g, p, f"quotes.content.{name}")[0] for name in ("strict", "overlap", "iou")] == [strict, overlap, iou]


def test_a_quote_is_found_once() -> None:
    gold = Document(doc_id="d", quotes=(quote((0, 10)),))
    assert one(gold, Document(doc_id="d", quotes=(quote((0, 10)), quote((0, 9)))), "quotes.content.iou") == (1, 1, 0)


def named(speaker: str, *mentions: tuple[int, int, str]) -> Document:
    entities = tuple(Entity(start=s, end=e, label="PER", level="NAM", entity=name) for s, e, name in mentions)
    return Document(doc_id="d", entities=entities, quotes=(quote((20, 40), speakers=(speaker,)),))


def test_a_speaker_is_right_when_its_mentions_are_those_of_the_gold_entity() -> None:
    gold = named("keita", (0, 5, "keita"), (10, 15, "diarra"))
    assert one(gold, named("P1", (0, 5, "P1")), "quotes.attributed") == (1, 0, 0)
    assert one(gold, named("P1", (10, 15, "P1")), "quotes.attributed") == (0, 1, 1)
    assert one(gold, named("P1", (50, 55, "P1")), "quotes.attributed") == (0, 1, 1)


def test_a_speaker_id_that_has_mentions_elsewhere_is_no_gold_id() -> None:
    gold = named("keita", (0, 5, "keita"))
    assert one(gold, named("keita", (50, 55, "keita")), "quotes.attributed") == (0, 1, 1)


def test_a_speaker_id_without_mentions_is_a_gold_id() -> None:
    assert one(named("keita", (0, 5, "keita")), named("keita"), "quotes.attributed") == (1, 0, 0)


def test_the_set_of_speakers_must_be_right_and_nobody_is_a_set_too() -> None:
    gold = Document(doc_id="d", quotes=(quote((0, 10), speakers=("a", "b")), quote((20, 30))))
    assert one(gold, gold, "quotes.attributed") == (2, 0, 0)
    half = Document(doc_id="d", quotes=(quote((0, 10), speakers=("a",)), quote((20, 30), speakers=("a",))))
    assert one(gold, half, "quotes.attributed") == (0, 2, 2)
    assert one(gold, half, "quotes.content.iou") == (2, 0, 0)


def test_speaker_accuracy_is_over_matched_quotes_only() -> None:
    gold = Document(doc_id="d", quotes=(quote((0, 10), speakers=("a",)), quote((20, 30), speakers=("b",))))
    found = score([gold], [Document(doc_id="d", quotes=(quote((0, 10), speakers=("a",)), quote((50, 60), speakers=("b",))))], resamples=1)
    assert found.scores["quotes.speaker"].f1 == 1
    assert found.scores["quotes.attributed"].f1 == 0.5


quotes_strategy = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 10), st.sampled_from(["a", "b", ""])), max_size=5, unique_by=lambda t: (t[0], t[1]))


@settings(max_examples=60, deadline=None)
@given(quotes_strategy, quotes_strategy, st.randoms(use_true_random=False))
def test_order_of_quotes_does_not_matter(gold: list[tuple[int, int, str]], predicted: list[tuple[int, int, str]], random: object) -> None:
    def document(rows: list[tuple[int, int, str]]) -> Document:
        return Document(doc_id="d", quotes=tuple(quote((s, s + n), speakers=(who,) if who else ()) for s, n, who in rows))

    before = score([document(gold)], [document(predicted)], resamples=1)
    random.shuffle(gold)  # type: ignore[attr-defined]
    random.shuffle(predicted)  # type: ignore[attr-defined]
    after = score([document(gold)], [document(predicted)], resamples=1)
    assert {k: (v.hits, v.n_gold, v.n_predicted) for k, v in before.scores.items()} == {k: (v.hits, v.n_gold, v.n_predicted) for k, v in after.scores.items()}


# --- boilerplate

PAGE = "Menu | News\n\nKIDAL, 3 May (KNA) — Shots were heard.\nBy A. Touré\nShare this\n"


def furniture(**kinds: str) -> tuple[BoilerplateSpan, ...]:
    """Blocks over words of the page."""
    return tuple(block(PAGE.index(words), PAGE.index(words) + len(words), label) for label, words in kinds.items())


def test_lines_are_what_most_of_their_characters_are() -> None:
    gold = Document(doc_id="d", text=PAGE, boilerplate=furniture(NAV="Menu | News", DATELINE="KIDAL, 3 May (KNA) —", SHARE="Share this"))
    assert one(gold, gold, "boilerplate.line") == (2, 0, 0)
    half = replace(gold, boilerplate=furniture(NAV="Menu", SHARE="Share this"))
    assert one(gold, half, "boilerplate.line") == (1, 0, 1)


def test_optional_furniture_is_not_asked_about() -> None:
    gold = Document(doc_id="d", text=PAGE, boilerplate=furniture(NAV="Menu | News", BYLINE="By A. Touré"))
    greedy = replace(gold, boilerplate=furniture(NAV="Menu | News", AD="By A. Touré"))
    assert one(gold, greedy, "boilerplate.line") == (1, 0, 0)
    assert one(gold, greedy, "boilerplate.char") == (11, 0, 0)


def test_the_kind_of_furniture_does_not_matter_to_the_binary_scores() -> None:
    gold = Document(doc_id="d", text=PAGE, boilerplate=(block(0, 11, "NAV"),))
    assert one(gold, replace(gold, boilerplate=(block(0, 11, "SHARE"),)), "boilerplate.char") == (11, 0, 0)


def test_predicted_optional_furniture_does_not_find_furniture() -> None:
    gold = Document(doc_id="d", text=PAGE, boilerplate=(block(0, 11, "NAV"),))
    assert one(gold, replace(gold, boilerplate=(block(0, 11, "BYLINE"),)), "boilerplate.line") == (0, 0, 1)


blocks = st.lists(st.tuples(st.integers(0, 25), st.integers(1, 8), st.sampled_from(["NAV", "AD", "BYLINE"])), max_size=4, unique_by=lambda t: (t[0], t[1]))


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="ab \n\u00a0😀", min_size=40, max_size=40), blocks, blocks)
def test_a_naive_boilerplate_scorer_agrees(text: str, gold: list[tuple[int, int, str]], predicted: list[tuple[int, int, str]]) -> None:
    policies = load_schema().policies
    g = Document(doc_id="d", text=text, boilerplate=tuple(block(s, s + n, label) for s, n, label in gold))
    p = Document(doc_id="d", boilerplate=tuple(block(s, s + n, label) for s, n, label in predicted))

    def of(document: Document, i: int) -> str:
        found = {policies[b.label] for b in document.boilerplate or () if b.start <= i < b.end}
        return "BOILER" if "BOILER" in found else "OPTIONAL" if found else "MAIN"

    asked = [i for i in range(len(text)) if of(g, i) != "OPTIONAL"]
    pairs = [(of(g, i) == "BOILER", of(p, i) == "BOILER") for i in asked]
    assert one(g, p, "boilerplate.char") == (sum(a and b for a, b in pairs), sum(b and not a for a, b in pairs), sum(a and not b for a, b in pairs))
    lines, at = [], 0
    for line in text.split("\n"):
        seen = [i for i in range(at, at + len(line)) if not text[i].isspace()]
        at += len(line) + 1
        if seen and 2 * sum(of(g, i) == "OPTIONAL" for i in seen) <= len(seen):
            lines.append(tuple(2 * sum(of(d, i) == "BOILER" for i in seen) > len(seen) for d in (g, p)))
    assert one(g, p, "boilerplate.line") == (sum(a and b for a, b in lines), sum(b and not a for a, b in lines), sum(a and not b for a, b in lines))


# --- hints


def shifted(text: str, unit: str) -> tuple[Document, Document]:
    """Gold words of a text, and the same predicted with offsets in another unit."""
    import re

    def count(n: int) -> int:
        return len(text[:n].encode("utf-16-le")) // 2 if unit == "utf-16" else len(text[:n].encode())

    spans = [m.span() for m in re.finditer(r"\w+", text)]
    gold = replace(ents(*[(s, e, "ORG") for s, e in spans]), text=text)
    return gold, ents(*[(count(s), min(count(e), len(text)), "ORG") for s, e in spans if count(s) < count(e) <= len(text)])


def test_utf16_offsets_are_recognised() -> None:
    gold, predicted = shifted("😀 one two three four five six seven eight" + " " * 20, "utf-16")
    assert any("UTF-16" in w for w in score([gold], [predicted], resamples=1).warnings)


def test_byte_offsets_are_recognised() -> None:
    gold, predicted = shifted("é one é two é three four five six seven eight nine" + " " * 20, "utf-8")
    assert any("UTF-8 byte" in w for w in score([gold], [predicted], resamples=1).warnings)


def test_a_constant_shift_is_recognised() -> None:
    gold = ents(*[(10 * i, 10 * i + 4, "ORG") for i in range(8)])
    predicted = ents(*[(10 * i + 2, 10 * i + 6, "ORG") for i in range(8)])
    assert any("2 characters after" in w and "constant" in w for w in score([gold], [predicted], resamples=1).warnings)


def test_untrimmed_edges_are_recognised() -> None:
    gold = replace(ents((0, 3, "ORG")), text="Abc, def")
    assert any("at their edges" in w for w in score([gold], [ents((0, 4, "ORG"))], resamples=1).warnings)


# --- whole results


def test_scores_do_not_depend_on_the_order_of_documents_or_annotations() -> None:
    gold = [ents((0, 3, "ORG"), (5, 9, "PER"), doc_id=f"d{i}") for i in range(7)]
    predicted = [ents(*([(5, 9, "PER")] if i % 2 else [(0, 3, "LOC"), (5, 9, "PER")]), doc_id=f"d{i}") for i in range(7)]
    back = [replace(d, entities=tuple(reversed(d.entities or ()))) for d in reversed(gold)]
    a, b = score(gold, predicted), score(back, list(reversed(predicted)))
    assert a.scores == b.scores
    assert a.signature.split("#")[1][8:] == b.signature.split("#")[1][8:]


def test_totals_are_sums_over_documents() -> None:
    gold = [ents((0, 3, "ORG"), (5, 9, "PER"), doc_id=f"d{i}") for i in range(5)]
    predicted = [ents((0, 3, "ORG"), doc_id=f"d{i}") for i in range(5)]
    assert score(gold, predicted, resamples=1).counts["entities.strict"].tolist() == [[1, 1, 2, 0]] * 5


def test_the_bootstrap_draws_whole_documents_with_replacement() -> None:
    counts = np.array([[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 3, 0]], dtype=np.int64)
    totals = resampled_totals(counts, resamples=200, seed=1)
    assert totals.shape == (200, 4)
    for hits, predicted, gold, _ in totals:
        a, b = hits, predicted - hits
        c = 3 - a - b
        assert gold == a + b + 3 * c
        assert c >= 0


def test_the_interval_holds_the_score_and_is_the_same_twice() -> None:
    gold = [ents((0, 3, "ORG"), (5, 9, "PER"), doc_id=f"d{i:02}") for i in range(30)]
    predicted = [ents(*([(0, 3, "ORG")] if i % 3 else []), doc_id=f"d{i:02}") for i in range(30)]
    found = score(gold, predicted).scores["entities.strict"]
    assert found.f1_ci is not None
    assert found.f1 is not None
    assert found.f1_ci[0] < found.f1 < found.f1_ci[1]
    assert found.f1_ci == score(gold, predicted).scores["entities.strict"].f1_ci


def test_one_document_has_no_interval() -> None:
    assert score([ents((0, 3, "ORG"))], [ents()]).scores["entities.strict"].f1_ci is None


def test_the_signature_names_the_recipe() -> None:
    parts = dict(p.split(":", 1) for p in score([ents((0, 3, "ORG"))], [ents()]).signature.split("|")[1:])
    assert list(parts) == ["corpus", "docs", "layer", "metric", "level", "dup", "missing", "unit", "ci", "v"]
    assert (parts["dup"], parts["unit"], parts["ci"]) == ("fp", "codepoint", "bs1000.s12345")


@pytest.mark.parametrize("layer", ["events", "quotes"])
def test_a_shift_is_recognised_in_every_layer_and_in_a_short_document(layer: str) -> None:
    def document(by: int) -> Document:
        events = tuple(event("KILL", 10 * i + by, 10 * i + 4 + by) for i in range(4))
        quotes = tuple(quote((20 * i + by, 20 * i + 9 + by)) for i in range(4))
        return Document(doc_id="d", events=events, quotes=quotes)

    found = score([document(0)], [document(1)], resamples=1).warnings
    assert any(f"4 of 4 wrong {layer} lie 1 characters after" in w for w in found)


def test_a_surface_that_is_not_in_the_text_is_told() -> None:
    gold = replace(ents((0, 3, "ORG")), text="Abc, def")
    predicted = Document(doc_id="d", entities=(Entity(start=0, end=3, label="ORG", surface="Kyiv"),))
    assert any("'Kyiv' is given, the text has 'Abc'" in w for w in score([gold], [predicted], resamples=1).warnings)


def test_two_texts_that_differ_by_checksum_alone_are_refused() -> None:
    with pytest.raises(ScoringError, match="another text"):
        score([replace(ents(), text_sha256="a" * 64)], [replace(ents(), text_sha256="b" * 64)])


def test_an_argument_given_twice_is_refused_in_gold_and_told_in_a_prediction() -> None:
    once = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12)),))
    twice = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12), ("VICTIM", 8, 12)),))
    with pytest.raises(ScoringError, match=r"same annotation twice \(an argument of events\[0\]\)"):
        score([twice], [once])
    assert any("1 predicted arguments stand twice" in w for w in score([once], [twice], resamples=1).warnings)


def test_a_predicted_layer_that_gold_lacks_is_told() -> None:
    gold = [ents((0, 3, "ORG"), doc_id="a"), Document(doc_id="b", events=())]
    predicted = [Document(doc_id="a", entities=(), events=(event("KILL", 0, 3),)), Document(doc_id="b", entities=(), events=())]
    assert any("1 documents have predicted events that gold does not annotate (first a)" in w for w in score(gold, predicted, resamples=1).warnings)


def test_an_offset_beyond_all_texts_is_refused_without_a_text() -> None:
    huge = Document(doc_id="d", boilerplate=(block(0, 10**18),))
    with pytest.raises(ScoringError, match="ends past the text"):
        score([huge], [huge])


def test_an_interval_of_one_document_alone_is_none() -> None:
    gold = [ents((0, 3, "ORG"), doc_id="a"), *(ents(doc_id=f"b{i}") for i in range(9))]
    assert score(gold, gold).scores["entities.strict"].f1_ci is None


def test_equal_quotes_with_equal_sums_are_matched_in_the_largest_number_in_any_order() -> None:
    gold = Document(doc_id="d", quotes=(quote((0, 10)), quote((5, 10))))
    for rows in ([(0, 10), (0, 5)], [(0, 5), (0, 10)]):
        predicted = Document(doc_id="d", quotes=tuple(quote(r, speakers=("x",)) for r in rows))
        assert score([gold], [predicted], resamples=1).scores["quotes.content.iou"].tp == 2


def test_a_name_inside_a_longer_mention_stands_for_its_own_entity() -> None:
    mentions = (Entity(start=0, end=12, label="MIL", entity="army"), Entity(start=8, end=12, label="GPE", entity="mali"))
    gold = Document(doc_id="d", entities=mentions, quotes=(quote((20, 40), speakers=("mali",)),))
    assert one(gold, gold, "quotes.attributed") == (1, 0, 0)


def test_what_is_found_inside_furniture_is_wrong_and_counted() -> None:
    gold = replace(ents((20, 25, "GPE")), text=PAGE, boilerplate=furniture(NAV="Menu | News", BYLINE="By A. Touré"), events=(), quotes=())
    byline = PAGE.index("A. Touré")
    predicted = Document(doc_id="d", entities=ents((0, 4, "ORG"), (20, 25, "GPE"), (byline, byline + 3, "PER")).entities, events=(event("KILL", 7, 11),), quotes=())
    result = score([gold], [predicted], resamples=1)
    assert result.inside_furniture == {"entities": 1, "events": 1, "quotes": 0}
    assert (result.scores["entities.strict"].fp, result.scores["events.trigger"].fp) == (2, 1)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(1, 6), st.sampled_from(["ORG", "PER"]), st.integers(0, 5), st.booleans()),
        max_size=30,
        unique_by=lambda t: (t[0], t[1], t[2], t[3]),
    ),
    st.integers(1, 5),
)
def test_shards_of_documents_add_up_to_the_whole(rows: list[tuple[int, int, str, int, bool]], cut: int) -> None:
    gold = [ents(*[(s, s + n, label) for s, n, label, d, _ in rows if d == i], doc_id=f"d{i}") for i in range(6)]
    predicted = [ents(*[(s, s + n, label) if right else (s + 1, s + n + 1, label) for s, n, label, d, right in rows if d == i], doc_id=f"d{i}") for i in range(6)]
    whole = score(gold, predicted, resamples=1)
    parts = [score(gold[a:b], predicted[a:b], resamples=1) for a, b in ((0, cut), (cut, 6))]
    for name, s in whole.scores.items():
        assert s.hits == sum(p.scores[name].hits for p in parts), name
        assert (s.n_gold, s.n_predicted) == tuple(sum(getattr(p.scores[name], f) for p in parts) for f in ("n_gold", "n_predicted"))


def test_a_second_event_on_a_trigger_is_told_unless_gold_has_it_too() -> None:
    one_event = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12)),))
    two = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12)), event("KILL", 0, 6, ("PLACE", 15, 20))))
    assert any("1 predicted events stand twice" in w for w in score([one_event], [two], resamples=1).warnings)
    assert score([two], [two], resamples=1).warnings == ()


def test_a_pipeline_over_raw_pages_is_scored_over_all_layers_together() -> None:
    text = "Home | Congo\nRebels fled Goma, Awa said.\n"
    gold = Document(
        doc_id="d",
        text=text,
        entities=(Entity(start=25, end=29, label="LOC", level="NAM"), Entity(start=31, end=34, label="PER", level="NAM", entity="awa")),
        events=(Event(label="FORCE_MOVE", trigger=Span(20, 24), arguments=(Argument(role="MOVER", start=13, end=19),)),),
        quotes=(Quote(content=(Span(13, 29),), speakers=("awa",)),),
        boilerplate=(BoilerplateSpan(start=0, end=12, label="NAV"),),
    )
    menu = Entity(start=7, end=12, label="LOC", level="NAM")
    output = replace(gold, text=None, entities=(menu, *(gold.entities or ())), quotes=())
    result = score([gold], [output])
    joint, outside = result.scores["pipeline.joint"], result.scores["pipeline.outside"]
    assert (joint.tp, joint.fp, joint.fn) == (2 + 1 + 0 + 1, 1, 1)
    assert (outside.tp, outside.n_predicted, outside.precision) == (3, 4, 3 / 4)
    assert result.inside_furniture == {"entities": 1, "events": 0, "quotes": 0}
    assert score([gold], [output], layers=["pipeline"]).scores == result.scores
    assert not [name for name in score([gold], [replace(output, quotes=None)]).scores if name.startswith("pipeline")]
    with pytest.raises(ScoringError, match="the predictions hold no layer quotes"):
        score([gold], [replace(output, quotes=None)], layers=["pipeline"])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.sampled_from([0.0, 0.025, 0.3, 0.5, 0.975, 1.0]))
def test_our_quantile_is_numpys_to_the_last_digit(values: list[float], q: float) -> None:
    assert intervals.quantile(np.array(values), q) == np.quantile(values, q)


def test_more_documents_than_groups_are_resampled_in_random_groups_with_the_same_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.random.default_rng(1).integers(0, 5, size=(3000, 2))
    single = resampled_totals(counts, resamples=2000)
    monkeypatch.setattr(intervals, "GROUPS", 500)
    assert intervals.grouped(counts).shape == (500, 2)
    assert intervals.grouped(counts).sum(axis=0).tolist() == counts.sum(axis=0).tolist()
    many = resampled_totals(counts, resamples=2000)
    ratios = single[:, 0] / single[:, 1], many[:, 0] / many[:, 1]
    assert np.std(ratios[1]) == pytest.approx(np.std(ratios[0]), rel=0.1)
    assert intervals.grouped(counts[:400]) is not None
    assert len(intervals.grouped(counts[:400])) == 400


def test_a_text_that_the_user_supplies_does_not_change_the_signature_but_an_edited_annotation_does() -> None:
    text = "Kono fled Goma."
    whole = Document(doc_id="d", text=text, text_sha256=text_sha256(text), entities=(Entity(start=0, end=4, label="PER"),), events=())
    told = [score([g], [replace(g, text=None)], resamples=1).signature for g in (whole, replace(whole, text=None), replace(whole, entities=(Entity(start=0, end=4, label="LOC"),)))]
    assert told[0] == told[1] != told[2]
