from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import ents
from conflictnews import score
from conflictnews.errors import ScoringError
from conflictnews.mentions import columns_of
from conflictnews.model import Document, Entity, text_sha256
from conflictnews.schema import load_schema
from conflictnews.scoring import Result, entities
from conflictnews.scoring.bulk import score_columns
from conflictnews.scoring.result import Recipe
from conflictnews.scoring.score import score_documents

TEXT = "Lt Kono 👩‍🚒 fled “north”, Awa said.\nHe had 3,000 men\u00a0with him."


def mentions(starts: st.SearchStrategy[int], lengths: st.SearchStrategy[int]) -> st.SearchStrategy[Entity]:
    return st.builds(
        lambda start, n, label, level, entity, surface: Entity(start=start, end=start + n, label=label, level=level, entity=entity, surface=surface),
        starts,
        lengths,
        st.sampled_from(["PER", "LOC", "per", "XYZ"]),
        st.sampled_from(["NAM", "NOM", "VAL", None, None]),
        st.sampled_from([None, None, "a", "b"]),
        st.sampled_from([None, None, "Lt"]),
    )


sound = mentions(st.integers(0, 12), st.integers(1, 3))
odd = mentions(st.integers(-1, 70), st.integers(-1, 5))


def document(doc_id: str, mentions: list[Entity], text: bool, guarded: bool) -> Document:
    return Document(doc_id=doc_id, entities=tuple(mentions), text=TEXT if text else None, text_sha256=text_sha256(TEXT if doc_id != "d3" else "another") if guarded else None)


def lists(of: st.SearchStrategy[Entity]) -> st.SearchStrategy[list[Entity]]:
    return st.lists(of, max_size=6, unique_by=lambda e: (e.start, e.end, e.label)) | st.lists(of, max_size=6)


side = st.dictionaries(st.sampled_from(["d1", "d0", "d3", "d2"]), lists(sound), max_size=4) | st.dictionaries(st.sampled_from(["d1", "d0", "d3"]), lists(sound | odd), max_size=2)


def either(result: Any) -> tuple[str, Any]:
    try:
        found: Result = result()
    except ScoringError as error:
        return "refused", str(error)
    return found.signature, (found.scores, {k: v.tolist() for k, v in found.counts.items()}, found.documents, found.missing, found.warnings, found.layers, found.inside_furniture)


@settings(max_examples=300, deadline=None)
@given(side, side, st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_all_documents_at_once_give_what_one_by_one_gives(
    gold: dict[str, list[Entity]], predicted: dict[str, list[Entity]], gold_text: bool, text: bool, gold_hash: bool, hashed: bool
) -> None:
    golds = [document(d, m, gold_text, gold_hash) for d, m in gold.items()] or [ents(doc_id="d1")]
    outputs = [document(d, m, text, hashed) for d, m in predicted.items() if d in {g.doc_id for g in golds}]
    recipe = Recipe(load_schema(), resamples=20)
    one_by_one = either(lambda: score_documents({d.doc_id: d for d in golds}, {d.doc_id: d for d in outputs}, ("entities",), recipe))
    assert either(lambda: score_columns(columns_of(golds), columns_of(outputs), recipe)) == one_by_one


def test_more_documents_than_fit_into_a_chunk_are_counted_alike(monkeypatch: Any) -> None:
    rng = np.random.default_rng(3)
    golds, outputs = (
        [ents(*{(int(s), int(s + n), "PER") for s, n in zip(rng.integers(0, 60, 9), rng.integers(1, 7, 9), strict=True)}, doc_id=f"d{i}") for i in range(50)] for _ in range(2)
    )
    whole = score(golds, outputs)
    monkeypatch.setattr(entities, "CHUNK", 7)
    parts = score(golds, outputs)
    assert {k: v.tolist() for k, v in whole.counts.items()} == {k: v.tolist() for k, v in parts.counts.items()}


def test_the_digest_of_gold_does_not_depend_on_any_order_but_on_everything_that_counts() -> None:
    a, b = ents((0, 3, "PER"), (0, 3, "LOC", "NOM"), (5, 9, "ORG"), doc_id="a"), ents((1, 2, "LOC"), doc_id="b")
    turned = Document(doc_id="a", entities=tuple(reversed(a.entities or ())))
    digest = columns_of([a, b]).digest()
    assert columns_of([b, turned]).digest() == digest
    others = [
        ents((0, 3, "PER"), (0, 3, "LOC"), (5, 9, "ORG"), doc_id="a"),
        ents((0, 3, "PER"), (0, 3, "LOC", "NOM"), (5, 8, "ORG"), doc_id="a"),
        ents((0, 3, "PER"), (0, 3, "LOC", "NOM"), (5, 9, "PER"), doc_id="a"),
        Document(doc_id="a", entities=(*(a.entities or ())[:2], Entity(start=5, end=9, label="ORG", entity="x"))),
        Document(doc_id="a", entities=a.entities, text="Kono fled."),
        Document(doc_id="c", entities=a.entities),
    ]
    assert len({digest, *(columns_of([other, b]).digest() for other in others)}) == len(others) + 1
