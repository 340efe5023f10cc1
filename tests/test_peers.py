"""Agreement with other tools, number for number where they mean the same, and the cases where they do not, with both answers."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import StatisticsError
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import ents, event
from conflictnews.model import Document, Entity, Event
from conflictnews.schema import load_schema
from conflictnews.scoring import TASKS
from conflictnews.scoring.pair import Pair

Numbers = tuple[float, float, float]
"""Precision, recall, F1; where one is undefined it is 0, as all peers write it."""

Corpus = list[tuple[Document, Document]]


def ours(documents: Corpus, name: str) -> Numbers:
    """Counts added up over (gold, predicted), divided last."""
    task = TASKS[name]
    vectors = [task.count(Pair(gold, predicted, load_schema())) for gold, predicted in documents]
    hits, n_predicted, n_gold, fourth = (sum(column) for column in zip(*vectors, strict=True))
    precision = (fourth if task.two_sided else hits) / task.scale / n_predicted if n_predicted else 0.0
    recall = hits / task.scale / n_gold if n_gold else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def near(numbers: Iterable[float]) -> Any:
    return pytest.approx(tuple(numbers), abs=1e-8)


# --- coreference

Clusters = list[list[int]]


def clusters(entities: Clusters, names: str = "") -> Document:
    """A document in which mention n stands at characters 10 n to 10 n + 5."""
    rows = [Entity(start=10 * n, end=10 * n + 5, label="PER", level="NAM", entity=f"{names}{i}") for i, side in enumerate(entities) for n in side]
    return Document(doc_id="d", entities=tuple(rows))


def corpus(documents: list[tuple[Clusters, Clusters]]) -> Corpus:
    return [(clusters(gold), clusters(predicted, "x")) for gold, predicted in documents]


def pooled(documents: list[tuple[Clusters, Clusters]], side: int) -> list[set[int]]:
    """The entities of all documents, mentions of different documents told apart."""
    return [{1000 * i + n for n in entity} for i, document in enumerate(documents) for entity in document[side]]


def partition(mentions: dict[int, int]) -> Clusters:
    return [[n for n, name in mentions.items() if name == entity] for entity in sorted(set(mentions.values()))]


partitions = st.dictionaries(st.integers(0, 9), st.integers(0, 3), min_size=1, max_size=9).map(partition)
corpora = st.lists(st.tuples(partitions, partitions), min_size=1, max_size=3)
one_document = st.lists(st.tuples(partitions, partitions), min_size=1, max_size=1)


@settings(max_examples=100, deadline=None)
@given(st.one_of(one_document, corpora))
def test_scorch_agrees_on_coreference(documents: list[tuple[Clusters, Clusters]]) -> None:
    scores = pytest.importorskip("scorch.scores")
    key, response = pooled(documents, 0), pooled(documents, 1)
    if not set().union(*key) & set().union(*response):
        return  # see test_scorch_breaks_down_where_no_mention_is_found
    for name, measure in (("b3", scores.b_cubed), ("ceafe", scores.ceaf_e), ("muc", scores.muc)):
        recall, precision, f1 = measure(key, response)
        assert ours(corpus(documents), f"entities.coref.{name}") == near((precision, recall, f1)), name


def test_metametric_averages_documents_where_links_add_up_here() -> None:
    pytest.importorskip("metametric")
    from metametric.metrics.coref import coref_suite
    from metametric.structures.ie import EntitySet

    documents: list[tuple[Clusters, Clusters]] = [([[1, 2]], [[1, 2]]), ([[1, 2, 3, 4]], [[1, 2], [3, 4]])]
    suite = coref_suite.new()
    suite.update_batch(*[[EntitySet(theirs(document[side])) for document in documents] for side in (1, 0)])
    theirs_recall = suite.compute()["muc-recall"]
    assert theirs_recall == pytest.approx((1 + 2 / 3) / 2)  # the suite averages documents
    assert ours(corpus(documents), "entities.coref.muc")[1] == pytest.approx(3 / 4)  # CoNLL-2012 adds up links


def theirs(entities: Iterable[Iterable[int]]) -> list[Any]:
    """Entities as metametric has them."""
    from metametric.structures.ie import Entity as Cluster
    from metametric.structures.ie import Mention

    return [Cluster([Mention(10 * n, 10 * n + 5) for n in sorted(entity)]) for entity in entities]


@settings(max_examples=40, deadline=None)
@given(st.one_of(one_document, corpora))
def test_metametric_agrees_on_coreference(documents: list[tuple[Clusters, Clusters]]) -> None:
    pytest.importorskip("metametric")
    from metametric.metrics import coref
    from metametric.structures.ie import EntitySet

    gold, predicted = (EntitySet(theirs(pooled(documents, side))) for side in (0, 1))

    def ratio(value: float, whole: float) -> float:
        return value / whole if whole else 0.0

    for name, metric in (("muc", coref.muc), ("ceafe", coref.ceaf_phi4)):
        hits = metric.score(predicted, gold)
        whole = metric.score_self(predicted), metric.score_self(gold)
        assert ours(corpus(documents), f"entities.coref.{name}") == near((ratio(hits, whole[0]), ratio(hits, whole[1]), ratio(2 * hits, sum(whole)))), name
    precision = ratio(coref.b_cubed_precision.score(predicted, gold), coref.b_cubed_precision.score_self(predicted))
    recall = ratio(coref.b_cubed_recall.score(predicted, gold), coref.b_cubed_recall.score_self(gold))
    assert ours(corpus(documents), "entities.coref.b3")[:2] == near((precision, recall))


def test_scorch_breaks_down_where_no_mention_is_found() -> None:
    scores = pytest.importorskip("scorch.scores")
    documents: list[tuple[Clusters, Clusters]] = [([[1, 2]], [[3, 4]])]
    with pytest.raises((RuntimeWarning, StatisticsError)):  # NumPy's zero does not raise ZeroDivisionError, which its harmonic mean waits for
        scores.ceaf_e(pooled(documents, 0), pooled(documents, 1))
    assert ours(corpus(documents), "entities.coref.ceafe") == (0, 0, 0)


def test_scorch_has_no_links_where_one_side_has_none() -> None:
    scores = pytest.importorskip("scorch.scores")
    documents: list[tuple[Clusters, Clusters]] = [([[1, 2]], [[1], [2]])]
    assert scores.muc(pooled(documents, 0), pooled(documents, 1)) == (0, 0, 0)
    task = TASKS["entities.coref.muc"]
    assert task.count(Pair(*corpus(documents)[0], load_schema())) == (0, 0, 1, 0)  # recall 0; precision is undefined, not 0


# --- entities

Row = tuple[int, int, str]


def flat(rows: list[Row]) -> list[Row]:
    """The rows that overlap none before them, in text order."""
    kept: list[Row] = []
    for row in sorted(set(rows)):
        if not kept or row[0] >= kept[-1][1]:
            kept.append(row)
    return kept


flat_spans = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 4), st.sampled_from(["PER", "ORG", "GPE"])).map(lambda t: (t[0], t[0] + t[1], t[2])), max_size=10).map(flat)


def tags(rows: list[Row]) -> list[str]:
    """One token a character, in IOB2."""
    found = ["O"] * 50
    for start, end, label in rows:
        found[start:end] = [f"B-{label}", *([f"I-{label}"] * (end - start - 1))]
    return found


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(flat_spans, flat_spans), min_size=1, max_size=3))
def test_seqscore_agrees_to_the_last_digit_on_flat_spans(documents: list[tuple[list[Row], list[Row]]]) -> None:
    scoring = pytest.importorskip("seqscore.scoring")
    gold, predicted = ([tags(document[side]) for document in documents] for side in (0, 1))
    peer, _ = scoring.score_label_sequences(predicted, gold, "BIO", repair=None)
    found = ours([(ents(*g), ents(*p)) for g, p in documents], "entities.strict")
    assert found == (peer.precision, peer.recall, peer.f1)


def test_a_duplicate_is_free_in_seqscore_and_wrong_here() -> None:
    scoring = pytest.importorskip("seqscore.scoring")
    from seqscore.model import Mention, Span

    peer = scoring.ClassificationScore()
    mention = Mention(Span(0, 3), "ORG")
    scoring.score_sequence_mentions([mention, mention], [mention], peer)
    assert peer.precision == 1
    assert ours([(ents((0, 3, "ORG")), ents((0, 3, "ORG"), (0, 3, "ORG")))], "entities.strict")[0] == 1 / 2


SCENARIOS = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}
"""Our name -> that of annotations-evaluate."""


def evaluated(documents: list[tuple[list[Row], list[Row]]]) -> dict[str, Numbers]:
    """What annotations-evaluate says."""
    peer = pytest.importorskip("annotations_evaluate")

    def side(rows: list[Row]) -> tuple[Any, ...]:
        return tuple(peer.Span(label=label, start=start, end=end) for start, end, label in rows)

    report = peer.evaluate_flat([peer.Document(f"d{i}", side(gold), side(predicted)) for i, (gold, predicted) in enumerate(documents)])
    return {name: (report[theirs].precision or 0.0, report[theirs].recall or 0.0, report[theirs].f1 or 0.0) for name, theirs in SCENARIOS.items()}


def alone(gold: list[Row], predicted: list[Row]) -> bool:
    """Whether each span overlaps one of the other side at most."""
    pairs = [(i, j) for i, g in enumerate(gold) for j, p in enumerate(predicted) if g[0] < p[1] and p[0] < g[1]]
    return len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(flat_spans, flat_spans), min_size=1, max_size=3))
def test_annotations_evaluate_agrees_where_each_span_overlaps_one_other_at_most(documents: list[tuple[list[Row], list[Row]]]) -> None:
    documents = [document for document in documents if alone(*document)]
    if documents:
        for name, numbers in evaluated(documents).items():
            assert ours([(ents(*g), ents(*p)) for g, p in documents], f"entities.{name}") == near(numbers), name


GREEDY: list[tuple[str, list[Row], list[Row], float, float]] = [
    # the first prediction takes the only gold span that the second could have had
    ("strict", [(0, 10, "ORG")], [(0, 5, "ORG"), (0, 10, "ORG")], 0, 2 / 3),
    ("exact", [(0, 10, "ORG")], [(0, 5, "ORG"), (0, 10, "ORG")], 0, 2 / 3),
    ("partial", [(0, 10, "ORG")], [(0, 5, "ORG"), (0, 10, "ORG")], 1 / 3, 2 / 3),
    ("type", [(0, 10, "ORG")], [(0, 5, "PER"), (0, 10, "ORG")], 0, 2 / 3),
    # one span with two labels, the wrong one first in the alphabet
    ("strict", [(0, 5, "ORG")], [(0, 5, "GPE"), (0, 5, "ORG")], 0, 2 / 3),
]


@pytest.mark.parametrize("name, gold, predicted, peer, here", GREEDY)
def test_annotations_evaluate_matches_greedily(name: str, gold: list[Row], predicted: list[Row], peer: float, here: float) -> None:
    assert evaluated([(gold, predicted)])[name][2] == pytest.approx(peer)
    assert ours([(ents(*gold), ents(*predicted))], f"entities.{name}")[2] == pytest.approx(here)


# --- events

EventRow = tuple[str, int, list[tuple[str, int]]]

some_arguments = st.lists(st.tuples(st.sampled_from(["VICTIM", "PLACE"]), st.integers(0, 3)), min_size=1, max_size=3, unique=True)
event_rows = st.lists(st.tuples(st.sampled_from(["KILL", "INJURE"]), st.integers(0, 3), some_arguments), min_size=1, max_size=4, unique_by=lambda row: row[:2])
"""Events with arguments, no two of one type on one trigger."""


def told(rows: list[EventRow]) -> Document:
    return Document(doc_id="d", events=tuple(_event(label, at, arguments) for label, at, arguments in rows))


def _event(label: str, at: int, arguments: list[tuple[str, int]]) -> Event:
    return event(label, 10 * at, 10 * at + 5, *[(role, 100 + 10 * n, 105 + 10 * n) for role, n in arguments])


def event_set(rows: list[EventRow]) -> Any:
    """The events as metametric has them."""
    from metametric.structures.ie import Argument, EventSet, Mention, Trigger
    from metametric.structures.ie import Event as Theirs

    return EventSet(
        [Theirs(Trigger(Mention(10 * at, 10 * at + 5), label), [Argument(Mention(100 + 10 * n, 105 + 10 * n), role) for role, n in arguments]) for label, at, arguments in rows]
    )


PEER_EVENTS = {
    "events.trigger_id": "trigger_identification",
    "events.trigger": "trigger_classification",
    "events.argument_attached_id": "argument_identification",
    "events.argument_attached": "argument_classification",
}
"""Our metric -> metametric's."""


def by_metametric(name: str, gold: list[EventRow], predicted: list[EventRow]) -> Numbers:
    from metametric.metrics import event_extraction

    metric = getattr(event_extraction, PEER_EVENTS[name])
    g, p = event_set(gold), event_set(predicted)
    hits, n_predicted, n_gold = metric.score(p, g), metric.score_self(p), metric.score_self(g)
    return hits / n_predicted if n_predicted else 0.0, hits / n_gold if n_gold else 0.0, 2 * hits / (n_predicted + n_gold) if hits else 0.0


@settings(max_examples=60, deadline=None)
@given(event_rows, event_rows)
def test_metametric_agrees_on_events_that_have_arguments_and_triggers_of_their_own(gold: list[EventRow], predicted: list[EventRow]) -> None:
    pytest.importorskip("metametric")
    for name in PEER_EVENTS:
        assert ours([(told(gold), told(predicted))], name) == near(by_metametric(name, gold, predicted)), name


def test_an_event_without_arguments_is_a_right_argument_in_metametric_and_none_here() -> None:
    pytest.importorskip("metametric")
    gold: list[EventRow] = [("KILL", 0, []), ("KILL", 1, [("VICTIM", 0)])]
    predicted: list[EventRow] = [("KILL", 0, []), ("KILL", 1, [("VICTIM", 1)])]
    assert by_metametric("events.argument_attached", gold, predicted)[2] == pytest.approx(1 / 2)
    assert ours([(told(gold), told(predicted))], "events.argument_attached")[2] == 0


def test_nothing_found_where_nothing_is_scores_1_in_metametric_and_is_undefined_here() -> None:
    pytest.importorskip("metametric")
    for name in PEER_EVENTS:
        assert by_metametric(name, [], []) == (1, 1, 1)
        assert TASKS[name].count(Pair(told([]), told([]), load_schema())) == (0, 0, 0, 0)


def test_metametric_aligns_events_and_arguments_attach_to_triggers_here() -> None:
    pytest.importorskip("metametric")
    gold: list[EventRow] = [("KILL", 0, [("VICTIM", 0)]), ("KILL", 0, [("VICTIM", 1)])]
    predicted: list[EventRow] = [("KILL", 0, [("VICTIM", 0), ("VICTIM", 1)])]
    assert by_metametric("events.argument_attached", gold, predicted)[2] == pytest.approx(1 / 2)  # one event finds one of two events
    assert ours([(told(gold), told(predicted))], "events.argument_attached")[2] == 1  # Arg-C+ does not tell two events on one trigger apart
