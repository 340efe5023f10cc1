from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import ents
from conflictnews.model import Document
from conflictnews.scoring import Score, score


def scores(gold: Document, predicted: Document) -> dict[str, Score]:
    return score([gold], [predicted], resamples=1).scores


@pytest.mark.parametrize(
    "gold, predicted, strict, exact, partial, type_",
    [
        # the same
        ([(0, 3, "ORG")], [(0, 3, "ORG")], 1, 1, 1, 1),
        # another label
        ([(0, 3, "ORG")], [(0, 3, "LOC")], 0, 1, 1, 0),
        # too long by one character
        ([(0, 3, "ORG")], [(0, 4, "ORG")], 0, 0, 0.5, 1),
        # an overlap with another label
        ([(0, 3, "ORG")], [(1, 4, "LOC")], 0, 0, 0.5, 0),
        # touching
        ([(0, 3, "ORG")], [(3, 5, "ORG")], 0, 0, 0, 0),
        # one span with two labels
        ([(0, 3, "ORG"), (0, 3, "LOC")], [(0, 3, "LOC"), (0, 3, "ORG")], 2, 2, 2, 2),
        # nested
        ([(0, 9, "FAC"), (0, 4, "GPE")], [(0, 9, "FAC"), (0, 4, "GPE")], 2, 2, 2, 2),
        # a gold span cut in two is found once
        ([(0, 9, "ORG")], [(0, 4, "ORG"), (5, 9, "ORG")], 0, 0, 0.5, 1),
        # a duplicate is found once
        ([(0, 3, "ORG")], [(0, 3, "ORG"), (0, 3, "ORG")], 1, 1, 1, 1),
    ],
)
def test_hits_of_the_four_strategies(gold: list[tuple[int, int, str]], predicted: list[tuple[int, int, str]], strict: float, exact: float, partial: float, type_: float) -> None:
    found = scores(ents(*gold), ents(*predicted))
    four = [found[f"entities.{name}"] for name in ("strict", "exact", "partial", "type")]
    assert [s.tp for s in four] == [strict, exact, partial, type_]
    assert all(s.n_gold == len(gold) and s.n_predicted == len(predicted) for s in four)


def test_order_of_predictions_does_not_matter() -> None:
    gold = ents((0, 5, "LOC"))
    for order in permutations([(0, 5, "ORG"), (0, 5, "LOC")]):
        assert scores(gold, ents(*order))["entities.strict"].f1 == pytest.approx(2 / 3)


def test_a_duplicate_prediction_is_a_false_positive_and_is_reported() -> None:
    result = score([ents((0, 3, "ORG"))], [ents((0, 3, "ORG"), (0, 3, "ORG"))], resamples=1)
    assert result.scores["entities.strict"].fp == 1
    assert any("stand twice" in w for w in result.warnings)


def test_an_unknown_label_is_a_false_positive_and_is_reported() -> None:
    result = score([ents((0, 3, "ORG"))], [ents((0, 3, "ORG"), (4, 6, "THING"), (7, 9, "org"))], resamples=1)
    assert result.scores["entities.strict"].precision == pytest.approx(1 / 3)
    assert any("'THING'" in w and "false positive" in w for w in result.warnings)
    assert any("'org'" in w and "only by case" in w for w in result.warnings)


def test_labels_of_a_foreign_gold_are_no_unknown_labels() -> None:
    result = score([ents((0, 3, "Spezies"))], [ents((0, 3, "Spezies"))], resamples=1)
    assert result.scores["entities.strict"].f1 == 1
    assert result.warnings == ()


def test_the_headline_counts_names_and_values_only() -> None:
    gold = ents((0, 3, "ORG", "NAM"), (4, 6, "PER", "NOM"), (7, 9, "TIME", "VAL"))
    found = scores(gold, ents((0, 3, "ORG", "NAM"), (10, 12, "PER", "NOM"), (7, 9, "TIME", "VAL")))
    assert found["entities.strict"].as_dict()["f1"] == 1
    assert found["entities.strict.all"].tp == 2


def test_a_mention_without_level_that_hits_a_common_noun_is_set_aside() -> None:
    gold = ents((0, 3, "ORG", "NAM"), (4, 6, "PER", "NOM"))
    found = scores(gold, ents((0, 3, "ORG"), (4, 6, "PER"), (4, 6, "PER")))
    assert (found["entities.strict"].tp, found["entities.strict"].fp) == (1, 1)  # the second copy is a duplicate, and wrong


def test_undefined_is_none_and_nothing_predicted_is_recall_zero() -> None:
    empty, full = ents(), ents((0, 3, "ORG"))
    nothing = scores(empty, empty)["entities.strict"]
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    missed = scores(full, empty)["entities.strict"]
    assert (missed.precision, missed.recall, missed.f1) == (None, 0, 0)
    spurious = scores(empty, full)["entities.strict"]
    assert (spurious.precision, spurious.recall, spurious.f1) == (0, None, 0)


spans = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4), st.sampled_from("AB")).map(lambda t: (t[0], t[0] + t[1], t[2])), max_size=4)


def brute(gold: list[tuple[int, int, str]], predicted: list[tuple[int, int, str]], credit: object) -> float:
    """The largest total credit of any one-to-one pairing."""
    slots: list[int | None] = [*range(len(predicted)), *([None] * len(gold))]
    return max((sum(credit(gold[i], predicted[j]) for i, j in enumerate(order) if j is not None) for order in set(permutations(slots, len(gold)))), default=0)  # type: ignore[operator]


def overlap(g: tuple[int, int, str], p: tuple[int, int, str]) -> bool:
    return bool(set(range(g[0], g[1])) & set(range(p[0], p[1])))


@settings(max_examples=80, deadline=None)
@given(spans, spans)
def test_a_naive_scorer_agrees(gold: list[tuple[int, int, str]], predicted: list[tuple[int, int, str]]) -> None:
    gold = list(dict.fromkeys(gold))  # a duplicate in gold is refused
    found = scores(ents(*gold), ents(*predicted))
    assert found["entities.strict"].tp == brute(gold, predicted, lambda g, p: float(g == p))
    assert found["entities.exact"].tp == brute(gold, predicted, lambda g, p: float(g[:2] == p[:2]))
    assert found["entities.partial"].tp == brute(gold, predicted, lambda g, p: 1.0 if g[:2] == p[:2] else 0.5 * overlap(g, p))
    assert found["entities.type"].tp == brute(gold, predicted, lambda g, p: float(g[2] == p[2] and overlap(g, p)))


def flat(rows: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The rows that overlap none before them, in text order."""
    kept: list[tuple[int, int, str]] = []
    for row in sorted(set(rows)):
        if not kept or row[0] >= kept[-1][1]:
            kept.append(row)
    return kept


flat_spans = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 4), st.sampled_from(["PER", "ORG", "GPE"])).map(lambda t: (t[0], t[0] + t[1], t[2])), max_size=10).map(flat)


@settings(max_examples=80, deadline=None)
@given(flat_spans, flat_spans)
def test_seqeval_agrees_to_the_last_digit_on_flat_spans(gold: list[tuple[int, int, str]], predicted: list[tuple[int, int, str]]) -> None:
    import seqeval.metrics.v1 as seqeval
    from seqeval.scheme import IOB2

    def tags(rows: list[tuple[int, int, str]]) -> list[str]:
        found = ["O"] * 50
        for start, end, label in rows:
            found[start:end] = [f"B-{label}", *([f"I-{label}"] * (end - start - 1))]
        return found

    ours = scores(ents(*gold), ents(*predicted))["entities.strict"]
    if ours.n_gold and ours.n_predicted:
        theirs = seqeval.precision_recall_fscore_support([tags(gold)], [tags(predicted)], average="micro", mode="strict", scheme=IOB2, zero_division=0)
        assert (ours.precision, ours.recall) == tuple(map(float, theirs[:2]))
        assert ours.f1 == pytest.approx(float(theirs[2]), rel=1e-15)  # the peer divides twice before it divides


@settings(max_examples=80, deadline=None)
@given(flat_spans, flat_spans)
def test_nervaluate_agrees_where_each_span_overlaps_one_other_at_most(gold: list[tuple[int, int, str]], predicted: list[tuple[int, int, str]]) -> None:
    from nervaluate import Evaluator

    pairs = [(i, j) for i, g in enumerate(gold) for j, p in enumerate(predicted) if overlap(g, p)]
    alone = len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    # the peer counts a span as [start, end], so that touching spans overlap: leave those out
    touching = any(g[1] == p[0] or p[1] == g[0] for g in gold for p in predicted)
    if not alone or touching or not gold or not predicted:
        return

    def rows(side: list[tuple[int, int, str]]) -> list[list[dict[str, object]]]:
        return [[{"start": s, "end": e, "label": label} for s, e, label in side]]

    overall = Evaluator(rows(gold), rows(predicted), tags=["PER", "ORG", "GPE"], loader="dict").evaluate()["overall"]
    ours = scores(ents(*gold), ents(*predicted))
    for name, theirs in (("strict", "strict"), ("exact", "exact"), ("partial", "partial"), ("type", "ent_type")):
        peer = overall[theirs]
        assert (ours[f"entities.{name}"].precision, ours[f"entities.{name}"].recall) == (pytest.approx(peer.precision), pytest.approx(peer.recall)), name


def test_touching_half_open_spans_do_not_overlap() -> None:
    found = score([ents((0, 4, "PER"), (8, 9, "LOC"))], [ents((4, 8, "PER"))]).scores
    assert [found[f"entities.{name}"].tp for name in ("strict", "exact", "partial", "type", "char")] == [0, 0, 0, 0, 0]


def test_nested_and_overlapping_spans_score_like_any_others() -> None:
    gold = ents((0, 20, "ORG"), (0, 5, "GPE"), (3, 9, "PER"))
    assert all(s.f1 in (1.0, None) for s in score([gold], [gold]).scores.values())
    found = score([gold], [ents((0, 20, "ORG"), (0, 5, "LOC"), (4, 9, "PER"))]).scores
    assert [(found[f"entities.{name}"].tp, found[f"entities.{name}"].fp) for name in ("strict", "exact", "partial", "type")] == [(1, 2), (2, 1), (2.5, 0.5), (2, 1)]


def test_a_label_that_differs_only_by_case_is_wrong_and_said_so() -> None:
    result = score([ents((0, 4, "PER"))], [ents((0, 4, "per"))])
    assert result.scores["entities.strict"].f1 == 0
    assert any("differs from PER only by case" in w for w in result.warnings)


def test_nervaluate_scores_by_the_order_of_predictions_and_here_order_does_not_matter() -> None:
    from nervaluate import Evaluator

    gold = [{"start": 0, "end": 5, "label": "LOC"}]
    org, loc = {"start": 0, "end": 5, "label": "ORG"}, {"start": 0, "end": 5, "label": "LOC"}
    theirs = [Evaluator([gold], [side], tags=["LOC", "ORG"], loader="dict").evaluate()["overall"]["strict"].f1 for side in ([org, loc], [loc, org])]
    assert theirs == [0.0, pytest.approx(2 / 3)]
    for side in ([(0, 5, "ORG"), (0, 5, "LOC")], [(0, 5, "LOC"), (0, 5, "ORG")]):
        assert score([ents((0, 5, "LOC"))], [ents(*side)]).scores["entities.strict"].f1 == 2 / 3


def test_nervaluate_drops_an_unknown_label_and_here_it_is_a_false_positive() -> None:
    from nervaluate import Evaluator

    gold = [{"start": 0, "end": 5, "label": "LOC"}, {"start": 6, "end": 9, "label": "LOC"}]
    side = [gold[0], {"start": 20, "end": 22, "label": "ODD"}]
    theirs = Evaluator([gold], [side], tags=["LOC"], loader="dict").evaluate()["overall"]["strict"].f1
    assert theirs == pytest.approx(2 / 3)
    found = score([ents((0, 5, "LOC"), (6, 9, "LOC"))], [ents((0, 5, "LOC"), (20, 22, "ODD"))])
    assert found.scores["entities.strict"].f1 == 1 / 2
    assert any("unknown entity label 'ODD'" in w for w in found.warnings)
