from __future__ import annotations

import msgspec
import pytest

from conflictnews.agreement import MEASURES, agree, cohen_kappa
from conflictnews.corpus import load_corpus
from conflictnews.model import Document, Event, Span


def test_a_pass_agrees_with_itself() -> None:
    found = agree(load_corpus("dev"), load_corpus("dev"))
    assert found == dict.fromkeys([*MEASURES, "events, factuality (kappa)", "boilerplate lines (kappa)"], 1.0)


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


def test_factuality_is_compared_on_events_that_both_have() -> None:
    def events(*rows: tuple[int, str]) -> Document:
        return Document(doc_id="d", events=tuple(Event(label="KILL", trigger=Span(s, s + 1), factuality=f) for s, f in rows))

    found = agree([events((0, "asserted"), (2, "claimed"), (4, "denied"))], [events((0, "asserted"), (2, "claimed"), (6, "denied"))])
    assert found["events, factuality (kappa)"] == 1.0
    assert found["events, trigger and type"] == pytest.approx(2 / 3)


def test_agreement_is_the_same_whichever_pass_comes_first() -> None:
    gold = load_corpus("dev")
    other = [msgspec.structs.replace(d, entities=(d.entities or ())[::2], quotes=(d.quotes or ())[1:]) for d in gold]
    there, back = agree(gold, other), agree(other, gold)
    assert {k: v for k, v in there.items() if "speakers" not in k} == {k: v for k, v in back.items() if "speakers" not in k}
