"""The metrics beside the first ones: hand-worked cases, and a naive second count of each on random documents."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterable
from fractions import Fraction
from itertools import permutations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import ents, event, quote
from conflictnews.model import Argument, Document, Entity, Event, Quote, Span
from conflictnews.schema import load_schema
from conflictnews.scoring import TASKS, characters, coref, spans
from conflictnews.scoring.pair import Pair

replace = msgspec.structs.replace
Vector = tuple[int, int, int, int]

PARTS = {"fuzzy", "char", "coref", "template", "factuality", "source", "subtype", "argument_status", "cue", "argument", "argument_id", "argument_attached_id", "argument_entity"}
ADDED = [name for name, task in TASKS.items() if name.split(".")[1] in PARTS and task.layer != "boilerplate"]
"""The metrics that are tested here."""


def vector(gold: Document, predicted: Document, name: str) -> Vector:
    return TASKS[name].count(Pair(gold, predicted, load_schema()))


def found(gold: Document, predicted: Document, name: str) -> tuple[float, int, int]:
    """Hits, predicted, gold."""
    hits, n_predicted, n_gold, _ = vector(gold, predicted, name)
    return hits / TASKS[name].scale, n_predicted, n_gold


def pairing(gold: int, predicted: int, credit: Callable[[int, int], float]) -> float:
    """The largest total credit of a one-to-one pairing, by SciPy."""
    from scipy.optimize import linear_sum_assignment

    if not gold or not predicted:
        return 0.0
    table = np.array([[credit(i, j) for j in range(predicted)] for i in range(gold)])
    return float(table[linear_sum_assignment(table, maximize=True)].sum())


def taken(gold: Iterable[object], predicted: Iterable[object]) -> int:
    """How many predicted items find a gold item of their own."""
    left = list(gold)
    hits = 0
    for item in predicted:
        if item in left:
            left.remove(item)
            hits += 1
    return hits


# --- entities: fuzzy and characters


@pytest.mark.parametrize(
    "gold, predicted, fuzzy, char",
    [
        ([(0, 3, "ORG")], [(0, 3, "ORG")], (1, 1, 1), (3, 3, 3)),
        ([(0, 3, "ORG")], [(0, 3, "LOC")], (0, 1, 1), (0, 3, 3)),
        ([(0, 3, "ORG")], [(2, 9, "ORG")], (1, 1, 1), (1, 7, 3)),
        ([(0, 3, "ORG")], [(3, 5, "ORG")], (0, 1, 1), (0, 2, 3)),
        # one gold span is found once, though both halves are right by the character
        ([(0, 8, "ORG")], [(0, 4, "ORG"), (4, 8, "ORG")], (1, 2, 1), (8, 8, 8)),
        # nested spans of one label cover their characters once, of two labels twice
        ([(0, 8, "ORG"), (2, 4, "ORG")], [(0, 8, "ORG")], (1, 1, 2), (8, 8, 8)),
        ([(0, 8, "FAC"), (0, 4, "GPE")], [(0, 8, "FAC")], (1, 1, 2), (8, 8, 12)),
        # of a duplicate the characters are the same characters
        ([(0, 3, "ORG")], [(0, 3, "ORG"), (0, 3, "ORG")], (1, 2, 1), (3, 3, 3)),
        ([], [(0, 3, "ORG")], (0, 1, 0), (0, 3, 0)),
    ],
)
def test_fuzzy_and_character_counts(gold: list[tuple[int, int, str]], predicted: list[tuple[int, int, str]], fuzzy: tuple[int, ...], char: tuple[int, ...]) -> None:
    assert found(ents(*gold), ents(*predicted), "entities.fuzzy") == fuzzy
    assert found(ents(*gold), ents(*predicted), "entities.char") == char


def test_character_counts_are_of_names_and_values() -> None:
    gold = ents((0, 3, "ORG", "NAM"), (10, 14, "PER", "NOM"))
    assert found(gold, ents((0, 3, "ORG"), (10, 14, "PER")), "entities.char") == (3, 3, 3)


levels = st.sampled_from(["NAM", "NOM"])
rows = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6), st.sampled_from(["ORG", "GPE"]), levels).map(lambda t: (t[0], t[0] + t[1], *t[2:])), max_size=6)
Rows = list[tuple[int, int, str, str]]


@settings(max_examples=80, deadline=None)
@given(rows, rows)
def test_naive_fuzzy_and_character_counts_agree(gold: Rows, predicted: Rows) -> None:
    g, p = ([r for r in side if r[3] == "NAM"] for side in (gold, predicted))
    sides = [{(i, label) for start, end, label, _ in side for i in range(start, end)} for side in (g, p)]
    assert vector(ents(*gold), ents(*predicted), "entities.char") == (len(sides[0] & sides[1]), len(sides[1]), len(sides[0]), 0)
    hits = pairing(len(g), len(p), lambda i, j: float(g[i][2] == p[j][2] and bool({*range(*g[i][:2])} & {*range(*p[j][:2])})))
    assert vector(ents(*gold), ents(*predicted), "entities.fuzzy") == (hits, len(p), len(g), 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(rows, rows), max_size=5))
def test_characters_of_many_documents_at_once_are_those_of_each(documents: list[tuple[Rows, Rows]]) -> None:
    def table(side: int) -> spans.SpanTable:
        named = [(i, s, e, ["ORG", "GPE"].index(label)) for i, document in enumerate(documents) for s, e, label, level in document[side] if level == "NAM"]
        return spans.SpanTable(*np.array(named, dtype=np.int64).reshape(len(named), 4).T)

    each = [vector(ents(*gold), ents(*predicted), "entities.char") for gold, predicted in documents]
    assert characters.labelled_all(table(0), table(1), len(documents)).tolist() == [list(v) for v in each]


# --- entities: coreference


def clusters(*entities: list[int], names: str = "") -> Document:
    """A document in which mention n stands at characters 10 n to 10 n + 5."""
    rows = [Entity(start=10 * n, end=10 * n + 5, label="PER", level="NAM", entity=f"{names}{i}") for i, side in enumerate(entities) for n in side]
    return Document(doc_id="d", entities=tuple(rows))


def measures(gold: Document, predicted: Document) -> dict[str, tuple[float | None, float | None]]:
    """Precision and recall of the three measures."""
    result: dict[str, tuple[float | None, float | None]] = {}
    for name in ("muc", "b3", "ceafe"):
        task = TASKS[f"entities.coref.{name}"]
        hits, n_predicted, n_gold, fourth = (Fraction(v) for v in vector(gold, predicted, f"entities.coref.{name}"))
        right = fourth if task.two_sided else hits
        result[name] = (float(right / task.scale / n_predicted) if n_predicted else None, float(hits / task.scale / n_gold) if n_gold else None)
    return result


CASES: list[tuple[list[list[int]], list[list[int]], tuple[float | None, ...], tuple[float | None, ...], tuple[float | None, ...]]] = [
    # the same
    ([[1, 2, 3]], [[1, 2, 3]], (1, 1), (1, 1), (1, 1)),
    # Luo 2005, figure 1 b: two entities merged
    (
        [[1, 2, 3, 4, 5], [6, 7], [8, 9, 10, 11, 12]],
        [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11, 12]],
        (9 / 10, 1),
        ((5 + 4 / 7 + 25 / 7) / 12, 1),
        ((1 + 10 / 12) / 2, (1 + 10 / 12) / 3),
    ),
    # Luo 2005, figure 1 c: others merged
    ([[1, 2, 3, 4, 5], [6, 7], [8, 9, 10, 11, 12]], [[1, 2, 3, 4, 5, 8, 9, 10, 11, 12], [6, 7]], (9 / 10, 1), (7 / 12, 1), ((1 + 2 / 3) / 2, (1 + 2 / 3) / 3)),
    # an entity split
    ([[1, 2, 3, 4]], [[1, 2], [3, 4]], (1, 2 / 3), (1, 1 / 2), (1 / 3, 2 / 3)),
    # singletons have no links
    ([[1], [2]], [[1], [2]], (None, None), (1, 1), (1, 1)),
    # Pradhan et al. 2014, the worked example: gold abc, defg; predicted ab, cd, fghi
    ([[1, 2, 3], [4, 5, 6, 7]], [[1, 2], [3, 4], [6, 7, 8, 9]], (2 / 5, 2 / 5), (1 / 2, 5 / 12), (0.65 * 2 / 3, 0.65)),
    # nothing in common
    ([[1, 2]], [[3, 4]], (0, 0), (0, 0), (0, 0)),
    # nothing predicted
    ([[1, 2]], [], (None, 0), (None, 0), (None, 0)),
]


@pytest.mark.parametrize("gold, predicted, muc, b3, ceafe", CASES)
def test_coreference_measures(gold: list[list[int]], predicted: list[list[int]], muc: tuple[float, ...], b3: tuple[float, ...], ceafe: tuple[float, ...]) -> None:
    scores = measures(clusters(*gold), clusters(*predicted, names="other"))
    assert scores == {"muc": pytest.approx(muc), "b3": pytest.approx(b3), "ceafe": pytest.approx(ceafe)}


def test_values_and_mentions_without_an_entity_are_no_mentions() -> None:
    gold = clusters([1, 2])
    more = (Entity(start=30, end=35, label="TIME", level="VAL", entity="t"), Entity(start=40, end=45, label="NUM", entity="n"), Entity(start=50, end=55, label="PER", level="NAM"))
    assert found(gold, replace(gold, entities=(*(gold.entities or ()), *more)), "entities.coref.b3") == (2, 2, 2)


def test_pronouns_and_common_nouns_are_mentions() -> None:
    rows = tuple(Entity(start=10 * i, end=10 * i + 3, label="PER", level=level, entity="e") for i, level in enumerate(["NAM", "NOM", "PRO", None]))
    document = Document(doc_id="d", entities=rows)
    assert found(document, document, "entities.coref.muc") == (3, 3, 3)


def test_a_second_copy_of_a_mention_is_a_mention_too_many() -> None:
    gold = clusters([1, 2])
    twice = replace(gold, entities=(*(gold.entities or ()), *(gold.entities or ())[:1]))
    assert measures(gold, twice)["b3"] == (pytest.approx(4 / 3 / 3), 1)
    assert measures(gold, twice)["ceafe"] == (pytest.approx(4 / 5), pytest.approx(4 / 5))


def test_one_span_with_two_labels_is_two_mentions() -> None:
    gold = Document(doc_id="d", entities=tuple(Entity(start=0, end=4, label=label, level="NAM", entity=f"e{label}") for label in ("FAC", "GPE")))
    other = replace(gold, entities=tuple(replace(e, entity={"FAC": "z", "GPE": "a"}[e.label]) for e in gold.entities or ()))
    assert found(gold, other, "entities.coref.b3") == (2, 2, 2)
    lone = replace(gold, entities=tuple(e for e in other.entities or () if e.label == "GPE"))
    assert measures(gold, lone)["ceafe"] == (1, 1 / 2)


def test_counts_of_many_documents_are_those_of_each() -> None:
    pairs = [Pair(clusters(*gold), clusters(*predicted), load_schema()) for gold, predicted, *_ in CASES]
    for name, matrix in coref.count_all(pairs).items():
        assert matrix.tolist() == [list(TASKS[name].count(pair)) for pair in pairs]
    assert all(matrix.shape == (0, 4) for matrix in coref.count_all([]).values())


partition = st.dictionaries(st.integers(0, 9), st.sampled_from("abcd"), max_size=9)


@settings(max_examples=100, deadline=None)
@given(partition, partition)
def test_naive_coreference_agrees(gold: dict[int, str], predicted: dict[int, str]) -> None:
    def sets(side: dict[int, str]) -> list[set[int]]:
        return [{m for m, name in side.items() if name == entity} for entity in sorted(set(side.values()))]

    def links(left: list[set[int]], right: list[set[int]]) -> int:
        """The links of `left` that are left when `right` cuts each entity to pieces."""
        return sum(len(c) - len({next((i for i, o in enumerate(right) if m in o), -1 - m) for m in c}) for c in left)

    k, r = sets(gold), sets(predicted)
    g, p = clusters(*[sorted(c) for c in k]), clusters(*[sorted(c) for c in r], names="x")
    muc = vector(g, p, "entities.coref.muc")
    assert muc == (links(k, r), sum(len(c) - 1 for c in r), sum(len(c) - 1 for c in k), 0)
    assert links(k, r) == links(r, k)
    both = set(gold) & set(predicted)
    of_gold, of_predicted = ({m: next(c for c in side if m in c) for m in both} for side in (k, r))
    recall = sum((Fraction(len(of_gold[m] & of_predicted[m]), len(of_gold[m])) for m in both), Fraction())
    precision = sum((Fraction(len(of_gold[m] & of_predicted[m]), len(of_predicted[m])) for m in both), Fraction())
    hits, n_predicted, n_gold, right = vector(g, p, "entities.coref.b3")
    assert (n_predicted, n_gold) == (len(predicted), len(gold))
    assert 0 <= recall * coref.SCALE - hits < 1 + len(k)
    assert 0 <= precision * coref.SCALE - right < 1 + len(r)
    total = pairing(len(k), len(r), lambda i, j: 2 * len(k[i] & r[j]) / (len(k[i]) + len(r[j])))
    assert found(g, p, "entities.coref.ceafe") == (pytest.approx(total, abs=1e-8), len(r), len(k))


# --- events: arguments


def test_an_unattached_argument_may_stand_on_another_trigger_of_its_type() -> None:
    gold = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12)), event("KILL", 20, 26)))
    moved = Document(doc_id="d", events=(event("KILL", 0, 6), event("KILL", 20, 26, ("VICTIM", 8, 12))))
    assert found(gold, moved, "events.argument") == (1, 1, 1)
    assert found(gold, moved, "events.argument_attached_id") == (0, 1, 1)


def test_unattached_arguments_are_sets() -> None:
    gold = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12)), event("KILL", 20, 26, ("VICTIM", 8, 12))))
    assert found(gold, gold, "events.argument") == (1, 1, 1)
    assert found(gold, gold, "events.argument_attached") == (2, 2, 2)


def test_argument_identification_forgives_the_role_and_not_the_type() -> None:
    gold = Document(doc_id="d", events=(event("KILL", 0, 6, ("VICTIM", 8, 12)),))
    role, label = Document(doc_id="d", events=(event("KILL", 0, 6, ("KILLER", 8, 12)),)), Document(doc_id="d", events=(event("INJURE", 0, 6, ("VICTIM", 8, 12)),))
    for name, of_role in (("argument_id", 1), ("argument", 0), ("argument_attached_id", 1), ("argument_attached", 0)):
        assert found(gold, role, f"events.{name}") == (of_role, 1, 1)
        assert found(gold, label, f"events.{name}") == (0, 1, 1)


# --- events: document entities

PEOPLE = (Entity(start=0, end=5, label="PER", level="NAM", entity="keita"), Entity(start=40, end=42, label="PER", level="PRO", entity="keita"))
"""Two mentions of one person."""


def filled(start: int, end: int, entity: str | None = None, entities: tuple[Entity, ...] | None = PEOPLE) -> Document:
    argument = Argument(role="VICTIM", start=start, end=end, entity=entity)
    return Document(doc_id="d", entities=entities, events=(Event(label="KILL", trigger=Span(10, 16), arguments=(argument,)),))


@pytest.mark.parametrize(
    "predicted, hit",
    [
        (filled(0, 5), 1),
        # another mention of the same entity, with an id, without one, or without any entity layer
        (filled(40, 42, "x", ()), 1),
        (filled(40, 42), 1),
        (filled(40, 42, None, None), 1),
        # a longer span whose entity stands for the gold one
        (filled(0, 8, "P1", (Entity(start=0, end=8, label="PER", entity="P1"),)), 1),
        # the same without an entity, or with one that has no mention
        (filled(0, 8), 0),
        (filled(0, 8, "keita", ()), 0),
        # an entity that has its mentions elsewhere is not the gold entity of that name
        (filled(60, 64, "keita", (Entity(start=60, end=64, label="PER", entity="keita"),)), 0),
        # where the span is a gold mention, the gold mention decides
        (filled(40, 42, "P2", (Entity(start=40, end=42, label="PER", entity="P2"), Entity(start=60, end=64, label="PER", entity="P2"))), 1),
    ],
)
def test_an_argument_may_name_its_entity_by_any_mention(predicted: Document, hit: int) -> None:
    assert found(filled(0, 5, "keita"), predicted, "events.argument_entity") == (hit, 1, 1)


def test_a_filler_that_is_no_mention_is_its_span() -> None:
    gold = filled(20, 30)
    assert found(gold, filled(20, 30), "events.argument_entity")[0] == 1
    assert found(gold, filled(20, 29), "events.argument_entity")[0] == 0
    # what the prediction takes for a mention is the same filler at the same place
    assert found(gold, filled(20, 30, "P1", (Entity(start=20, end=30, label="PER", entity="P1"),)), "events.argument_entity")[0] == 1


def test_a_gold_argument_without_an_id_has_that_of_its_mention() -> None:
    assert found(filled(0, 5), filled(40, 42), "events.argument_entity") == (1, 1, 1)


def told(event_id: str | None, at: int, *arguments: tuple[str, int, int], label: str = "KILL") -> Event:
    return replace(event(label, at, at + 3, *arguments), event=event_id)


def test_mentions_of_one_happening_are_one_template() -> None:
    gold = Document(doc_id="d", events=(told("k1", 0, ("VICTIM", 100, 105)), told("k1", 10, ("KILLER", 110, 115), ("VICTIM", 100, 105))))
    assert found(gold, gold, "events.template") == (2, 2, 2)
    apart = replace(gold, events=(told(None, 0, ("VICTIM", 100, 105)), told(None, 10, ("KILLER", 110, 115), ("VICTIM", 100, 105))))
    assert found(gold, apart, "events.template") == (2, 3, 2)
    # the best one of two halves counts
    halves = replace(gold, events=(told("a", 0, ("VICTIM", 100, 105)), told("b", 10, ("KILLER", 110, 115))))
    assert found(gold, halves, "events.template") == (1, 2, 2)


def test_templates_do_not_ask_where_the_trigger_stands_but_of_what_type() -> None:
    gold = Document(doc_id="d", events=(told("k1", 0, ("VICTIM", 100, 105)),))
    assert found(gold, replace(gold, events=(told("x", 50, ("VICTIM", 100, 105)),)), "events.template") == (1, 1, 1)
    assert found(gold, replace(gold, events=(told("x", 0, ("VICTIM", 100, 105), label="INJURE"),)), "events.template") == (0, 1, 1)


def test_templates_are_aligned_for_the_largest_total() -> None:
    rows = [("VICTIM", 100, 105), ("KILLER", 110, 115), ("PLACE", 120, 125), ("TIME", 130, 135)]
    gold = Document(doc_id="d", events=(told("g1", 0, *rows[:3]), told("g2", 10, rows[0], rows[3])))
    # the first prediction shares 2 with g1 and 1 with g2, the second 2 with g1 and 0 with g2: together 1 + 2
    predicted = Document(doc_id="d", events=(told("p1", 0, *rows[:2]), told("p2", 10, *rows[1:3])))
    assert found(gold, predicted, "events.template") == (3, 4, 5)


def test_a_filler_named_twice_fills_a_template_once() -> None:
    people = Document(doc_id="d", entities=PEOPLE)
    gold = replace(people, events=(told("k", 10, ("VICTIM", 0, 5), ("VICTIM", 40, 42)),))
    assert found(gold, gold, "events.template") == (1, 1, 1)
    assert found(gold, gold, "events.argument_entity") == (2, 2, 2)


# --- events: attributes

ATTRIBUTES: dict[str, tuple[dict[str, str | None], dict[str, str | None]]] = {
    "events.factuality": ({"factuality": "claimed"}, {"factuality": "denied"}),
    "events.subtype": ({"subtype": "air"}, {"subtype": None}),
    "events.source": ({"source": "keita"}, {"source": None}),
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_from_end_to_end_and_on_matched_triggers(name: str) -> None:
    right, wrong = ATTRIBUTES[name]
    base = [event("STRIKE", 0, 3), event("STRIKE", 10, 13), event("STRIKE", 20, 23)]
    gold = Document(doc_id="d", events=tuple(replace(v, **right) for v in base))
    predicted = Document(doc_id="d", events=(replace(base[0], **right), replace(base[1], **wrong), replace(event("STRIKE", 30, 33), **right)))
    assert found(gold, predicted, name) == (1, 3, 3)
    assert found(gold, predicted, f"{name}.matched") == (1, 2, 2)


def test_a_source_is_an_entity_and_nobody_is_a_source_too() -> None:
    gold = Document(doc_id="d", entities=PEOPLE, events=(replace(event("KILL", 10, 14), source="keita"), event("KILL", 20, 24)))
    other = (Entity(start=40, end=42, label="PER", entity="P7"), Entity(start=60, end=64, label="PER", entity="keita"))
    renamed = Document(doc_id="d", entities=other, events=(replace(event("KILL", 10, 14), source="P7"), event("KILL", 20, 24)))
    assert found(gold, renamed, "events.source") == (2, 2, 2)
    false_friend = Document(doc_id="d", entities=other, events=(replace(event("KILL", 10, 14), source="keita"), event("KILL", 20, 24)))
    assert found(gold, false_friend, "events.source") == (1, 2, 2)


def test_the_status_of_an_argument_is_asked_of_attached_arguments() -> None:
    def with_status(*status: str | None) -> Document:
        arguments = tuple(Argument(role="VICTIM", start=10 * i, end=10 * i + 3, status=s) for i, s in enumerate(status))
        return Document(doc_id="d", events=(Event(label="KILL", trigger=Span(90, 95), arguments=arguments),))

    gold = with_status("claimed", None, "denied")
    assert found(gold, with_status("claimed", "claimed"), "events.argument_status") == (1, 2, 3)
    assert found(gold, with_status("claimed", "claimed"), "events.argument_status.matched") == (1, 2, 2)


def test_two_events_on_one_trigger_are_judged_together() -> None:
    gold = Document(doc_id="d", events=(replace(event("KILL", 0, 3), factuality="claimed", event="a"), replace(event("KILL", 0, 3), factuality="denied", event="b")))
    back = replace(gold, events=tuple(reversed(gold.events or ())))
    assert found(gold, back, "events.factuality.matched") == (2, 2, 2)


# --- events: a naive second count

mention = st.builds(
    lambda at, n, entity, label: Entity(start=100 + at, end=100 + at + n, label=label, level="NAM", entity=entity),
    st.integers(0, 6),
    st.integers(1, 2),
    st.sampled_from(["a", "b", "c", None]),
    st.sampled_from(["PER", "MIL"]),
)
argument = st.builds(
    lambda role, at, n, entity, status: Argument(role=role, start=100 + at, end=100 + at + n, entity=entity, status=status),
    st.sampled_from(["VICTIM", "KILLER"]),
    st.integers(0, 6),
    st.integers(1, 2),
    st.sampled_from(["a", "b", None]),
    st.sampled_from(["claimed", None]),
)
some_event = st.builds(
    lambda at, label, subtype, event_id, arguments, factuality, source: Event(
        label=label, trigger=Span(at, at + 2), subtype=subtype, event=event_id, arguments=tuple(arguments), factuality=factuality, source=source
    ),
    st.integers(0, 2),
    st.sampled_from(["KILL", "INJURE"]),
    st.sampled_from(["x", None]),
    st.sampled_from(["e1", "e2", None]),
    st.lists(argument, max_size=3),
    st.sampled_from(["asserted", "claimed"]),
    st.sampled_from(["a", "b", None]),
)


def spread(entities: list[Entity]) -> tuple[Entity, ...]:
    """The first mention at each place."""
    return tuple({(e.start, e.end): e for e in reversed(entities)}.values())


some_document = st.builds(
    lambda entities, events: Document(doc_id="d", entities=spread(entities), events=tuple(events)), st.lists(mention, max_size=5), st.lists(some_event, max_size=4)
)


def stands_for(gold: Document, predicted: Document, name: str) -> object:
    """The gold entity that shares most characters with a predicted one; the name itself where it has no mentions; a thing of its own where they share nothing."""
    mine = [e for e in predicted.entities or () if e.entity == name]
    if not mine:
        return name
    votes: dict[str, tuple[int, int]] = {}
    for e in mine:
        for g in gold.entities or ():
            common = len({*range(e.start, e.end)} & {*range(g.start, g.end)})
            if common and g.entity is not None:
                less, more = votes.get(g.entity, (0, 0))
                votes[g.entity] = less - common, more + g.end - g.start
    return min(votes, key=lambda g: (votes[g], g)) if votes else ("nobody", name)


def naive_filler(gold: Document, predicted: Document, side: Document, a: Argument) -> Hashable:
    place = (a.start, a.end)
    mentioned = next((e.entity for e in gold.entities or () if (e.start, e.end) == place and e.entity is not None), None)
    if side is gold:
        return a.entity or mentioned or place
    own = None if a.entity is None else stands_for(gold, predicted, a.entity)
    in_gold = [naive_filler(gold, predicted, gold, b) for v in gold.events or () for b in v.arguments if (b.start, b.end) == place]
    options = [*([mentioned] if mentioned else []), *sorted(o for o in in_gold if isinstance(o, str)), *([place] if place in in_gold else [])]
    if options:
        return own if own in options else options[0]  # type: ignore[return-value]
    return own if a.entity in {e.entity for e in predicted.entities or ()} and own is not None else place  # type: ignore[return-value]


@settings(max_examples=150, deadline=None)
@given(some_document, some_document)
def test_naive_event_counts_agree(gold: Document, predicted: Document) -> None:
    sides = (gold, predicted)

    def rows(key: Callable[[Document, Event, Argument], object]) -> list[list[object]]:
        return [[key(side, v, a) for v in side.events or () for a in v.arguments] for side in sides]

    def of_events(key: Callable[[Document, Event], object]) -> list[list[object]]:
        return [[key(side, v) for v in side.events or ()] for side in sides]

    def check(name: str, keys: list[list[object]]) -> None:
        assert vector(gold, predicted, name) == (taken(*keys), len(keys[1]), len(keys[0]), 0), name

    def place(a: Argument) -> tuple[int, int]:
        return a.start, a.end

    check("events.argument_id", [list(set(side)) for side in rows(lambda d, v, a: (v.label, place(a)))])
    check("events.argument", [list(set(side)) for side in rows(lambda d, v, a: (v.label, place(a), a.role))])
    check("events.argument_attached_id", rows(lambda d, v, a: (v.trigger, v.label, place(a))))
    check("events.argument_status", rows(lambda d, v, a: (v.trigger, v.label, place(a), a.role, a.status)))
    check("events.argument_entity", rows(lambda d, v, a: (v.trigger, v.label, a.role, naive_filler(gold, predicted, d, a))))
    check("events.factuality", of_events(lambda d, v: (v.trigger, v.label, v.factuality)))
    check("events.subtype", of_events(lambda d, v: (v.trigger, v.label, v.subtype)))
    check("events.source", of_events(lambda d, v: (v.trigger, v.label, v.source if d is gold or v.source is None else stands_for(gold, predicted, v.source))))
    triggers, attached = taken(*of_events(lambda d, v: (v.trigger, v.label))), taken(*rows(lambda d, v, a: (v.trigger, v.label, place(a), a.role)))
    for name, matched in (("factuality", triggers), ("subtype", triggers), ("source", triggers), ("argument_status", attached)):
        assert vector(gold, predicted, f"events.{name}.matched") == (vector(gold, predicted, f"events.{name}")[0], matched, matched, 0)

    templates: list[list[tuple[str, set[object]]]] = []
    for side in sides:
        ids = [(v.label, v.event or i) for i, v in enumerate(side.events or ())]
        groups = [[v for v, mine in zip(side.events or (), ids, strict=True) if mine == one] for one in dict.fromkeys(ids)]
        templates.append([(group[0].label, {(a.role, naive_filler(gold, predicted, side, a)) for v in group for a in v.arguments}) for group in groups])
    g, p = templates
    total = pairing(len(g), len(p), lambda i, j: len(g[i][1] & p[j][1]) * (g[i][0] == p[j][0]))
    assert vector(gold, predicted, "events.template") == (total, sum(len(f) for _, f in p), sum(len(f) for _, f in g), 0)


@settings(max_examples=80, deadline=None)
@given(some_document, some_document)
def test_naming_the_entity_is_never_harder_than_finding_the_words(gold: Document, predicted: Document) -> None:
    own = replace(gold, events=tuple(replace(v, arguments=tuple(replace(a, entity=None) for a in v.arguments)) for v in gold.events or ()))
    assert vector(own, predicted, "events.argument_entity")[0] >= vector(own, predicted, "events.argument_attached")[0]


# --- quotes: source and cue


def part(name: str, *quotes: list[tuple[int, int]]) -> Document:
    """Quotes of far content, each with the given spans as cue or source."""
    return Document(doc_id="d", quotes=tuple(replace(quote((1000 + 10 * i, 1005 + 10 * i)), **{name: tuple(Span(s, e) for s, e in where)}) for i, where in enumerate(quotes)))


@pytest.mark.parametrize("name", ["source", "cue"])
@pytest.mark.parametrize(
    "gold, predicted, strict, overlap, iou",
    [
        ([[(0, 10)]], [[(0, 10)]], 1, 1, 1),
        ([[(0, 10)]], [[(0, 5)]], 0, 1, 1),
        ([[(0, 11)]], [[(0, 5)]], 0, 1, 0),
        ([[(0, 10)]], [[(10, 20)]], 0, 0, 0),
        ([[(0, 4), (6, 10)]], [[(6, 10), (0, 4)]], 1, 1, 1),
        # two quotes may share their source; it is then found twice, and one find does for one of them
        ([[(0, 10)], [(0, 10)]], [[(0, 10)], [(0, 10)]], 2, 2, 2),
        ([[(0, 10)], [(0, 10)]], [[(0, 10)]], 1, 1, 1),
        # quotes without the part are no items
        ([[(0, 10)], []], [[], [], [(0, 10)]], 1, 1, 1),
        # the tie of one whole and two halves goes to two halves
        ([[(0, 10)], [(5, 10)]], [[(0, 10)], [(0, 5)]], 1, 2, 2),
    ],
)
def test_parts_of_quotes_match_by_their_characters(
    name: str, gold: list[list[tuple[int, int]]], predicted: list[list[tuple[int, int]]], strict: int, overlap: int, iou: int
) -> None:
    g, p = part(name, *gold), part(name, *predicted)
    n_gold, n_predicted = (sum(map(bool, side)) for side in (gold, predicted))
    for metric, hits in (("strict", strict), ("overlap", overlap), ("iou", iou)):
        assert found(g, p, f"quotes.{name}.{metric}") == (hits, n_predicted, n_gold)


some_spans = st.lists(st.tuples(st.integers(0, 15), st.integers(1, 6)).map(lambda t: (t[0], t[0] + t[1])), max_size=2)
some_quotes = st.lists(some_spans, max_size=5)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["source", "cue"]), some_quotes, some_quotes)
def test_naive_counts_of_parts_of_quotes_agree(name: str, gold: list[list[tuple[int, int]]], predicted: list[list[tuple[int, int]]]) -> None:
    g, p = ([sorted(spans) for spans in side if spans] for side in (gold, predicted))
    sets = [[{i for s, e in spans for i in range(s, e)} for spans in side] for side in (g, p)]

    def iou(i: int, j: int) -> float:
        value = Fraction(len(sets[0][i] & sets[1][j]), len(sets[0][i] | sets[1][j]))
        return float(value) + 1e-6 if 2 * value >= 1 else 0.0  # of equal sums the one with more pairs

    total = pairing(len(g), len(p), iou)
    best = {n for n in range(len(g) + 1) if any(abs(total - n * 1e-6 - quarter) < 1e-9 for quarter in _sums(sets, n))}
    counts = {metric: vector(part(name, *gold), part(name, *predicted), f"quotes.{name}.{metric}") for metric in ("strict", "overlap", "iou")}
    assert counts["strict"] == (taken(g, p), len(p), len(g), 0)
    assert counts["overlap"] == (pairing(len(g), len(p), lambda i, j: float(bool(sets[0][i] & sets[1][j]))), len(p), len(g), 0)
    assert counts["iou"][1:] == (len(p), len(g), 0)
    assert counts["iou"][0] in best


def _sums(sets: list[list[set[int]]], n: int) -> set[float]:
    """The sums of IoU of all choices of n allowed one-to-one pairs."""
    allowed = {(i, j): Fraction(len(a & b), len(a | b)) for i, a in enumerate(sets[0]) for j, b in enumerate(sets[1]) if 2 * len(a & b) >= len(a | b)}
    sums: set[tuple[Fraction, frozenset[int], frozenset[int]]] = {(Fraction(), frozenset(), frozenset())}
    for (i, j), value in allowed.items():
        sums |= {(total + value, left | {i}, right | {j}) for total, left, right in sums if i not in left and j not in right}
    return {float(total) for total, left, _ in sums if len(left) == n}


# --- all of them


def shuffled(document: Document, order: random.Random) -> Document:
    def mixed(items: Iterable[object] | None) -> tuple[object, ...] | None:
        rows = list(items or ())
        order.shuffle(rows)
        return None if items is None else tuple(rows)

    events = None if document.events is None else [replace(v, arguments=mixed(v.arguments)) for v in document.events]
    return replace(document, entities=mixed(document.entities), events=mixed(events), quotes=mixed(document.quotes))


def whole(document: Document, quotes: list[list[tuple[int, int]]]) -> Document:
    """The document with quotes whose content, cue and source are at the same places."""
    parts = [tuple(Span(s, e) for s, e in spans) for spans in quotes if spans]
    return replace(document, quotes=tuple(Quote(content=spans, cue=spans, source=spans[:1]) for spans in parts))


@settings(max_examples=60, deadline=None)
@given(some_document, some_document, some_quotes, some_quotes, st.integers())
def test_no_order_matters(gold: Document, predicted: Document, said: list[list[tuple[int, int]]], heard: list[list[tuple[int, int]]], seed: int) -> None:
    g, p = whole(gold, said), whole(predicted, heard)
    order = random.Random(seed)
    for name in ADDED:
        assert vector(g, p, name) == vector(shuffled(g, order), shuffled(p, order), name), name


@settings(max_examples=60, deadline=None)
@given(some_document, some_quotes)
def test_gold_is_right_by_itself(gold: Document, said: list[list[tuple[int, int]]]) -> None:
    places = {(e.start, e.end): e.entity for e in gold.entities or ()}
    apart = tuple(e for e in gold.entities or () if not any(o.start < e.end and e.start < o.end for o in gold.entities or () if o is not e))
    events = tuple(replace(v, arguments=tuple(replace(a, entity=places.get((a.start, a.end))) for a in v.arguments)) for v in gold.events or ())
    document = whole(replace(gold, entities=apart, events=events), said)
    for name in ADDED:
        hits, n_predicted, n_gold, fourth = vector(document, document, name)
        assert hits == TASKS[name].scale * n_gold == TASKS[name].scale * n_predicted, name
        assert not TASKS[name].two_sided or fourth == hits


def test_every_definition_and_origin_is_given() -> None:
    assert len(ADDED) == 24
    assert all(task.definition and task.origin for task in TASKS.values())
    assert [name for name, task in TASKS.items() if task.two_sided] == ["entities.coref.b3"]


def test_scoring_does_not_load_scipy() -> None:
    import subprocess
    import sys

    code = "import sys, conflictnews.scoring; print('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_the_naive_pairing_is_the_best_of_all_pairings() -> None:
    order = random.Random(1)
    for _ in range(20):
        table = [[order.randrange(5) for _ in range(3)] for _ in range(3)]
        assert pairing(3, 3, lambda i, j, table=table: table[i][j]) == max(sum(table[i][j] for i, j in enumerate(columns)) for columns in permutations(range(3)))  # type: ignore[misc]
