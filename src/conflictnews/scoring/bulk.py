"""Scores of entities alone, from columns: what `score` does document by document, done for all of them at once.

The figures and the hints are those of the way document by document, which remains the definition. Documents are only made for what must be told in words.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from conflictnews.errors import ScoringError
from conflictnews.mentions import NO_TEXT, EntityColumns, Ints
from conflictnews.model import LONGEST, Document, id_fault
from conflictnews.schema import Schema
from conflictnews.scoring import coref, diagnose
from conflictnews.scoring.entities import count_tables, table_of
from conflictnews.scoring.pair import Pair
from conflictnews.scoring.pairing import check_texts, pair_up, refuse_unknown
from conflictnews.scoring.result import Recipe, Result, finish
from conflictnews.scoring.spans import copies
from conflictnews.scoring.tasks import TASKS

LAYER = "entities"


class _Sides:
    """Gold and prediction with their documents numbered alike, in order of doc_id."""

    def __init__(self, gold: EntityColumns, predicted: EntityColumns, schema: Schema) -> None:
        self.gold, self.predicted, self.schema = gold, predicted, schema
        self.order = sorted(range(len(gold.doc_ids)), key=gold.doc_ids.__getitem__)
        self.doc_ids = tuple(gold.doc_ids[i] for i in self.order)
        number = {doc_id: i for i, doc_id in enumerate(self.doc_ids)}
        self.place_of_predicted = np.array([number[doc_id] for doc_id in predicted.doc_ids], dtype=np.int64)
        self.prediction_of = dict(zip(self.place_of_predicted.tolist(), range(len(predicted.doc_ids)), strict=True))
        place_of_gold = np.empty(len(self.order), dtype=np.int64)
        place_of_gold[self.order] = np.arange(len(self.order))
        self.labels = list(dict.fromkeys((*gold.labels, *predicted.labels)))
        scheme = schema.entities
        self.tables = table_of(gold, place_of_gold, self.labels, scheme), table_of(predicted, self.place_of_predicted, self.labels, scheme)

    def __len__(self) -> int:
        """The number of documents."""
        return len(self.order)

    def lengths(self) -> Ints:
        """Code points of each document's text, that of gold before that of the prediction; `NO_TEXT` where there is none."""
        found = self.gold.lengths[self.order]
        without = found[self.place_of_predicted] == NO_TEXT
        found[self.place_of_predicted[without]] = self.predicted.lengths[without]
        return found

    def pair(self, number: int) -> Pair:
        """Both sides of a document."""
        return Pair(self.gold.documents[self.order[number]], self.prediction(number) or Document(doc_id=self.doc_ids[number]), self.schema)

    def prediction(self, number: int) -> Document | None:
        """The prediction for a document, or None."""
        at = self.prediction_of.get(number)
        return None if at is None else self.predicted.documents[at]


def score_columns(gold: EntityColumns, predicted: EntityColumns, recipe: Recipe) -> Result:
    """The scores of entities, paired by doc_id. Raises what `conflictnews.scoring.score` raises."""
    for columns, side in ((gold, "gold"), (predicted, "the predictions")):
        if len(set(columns.doc_ids)) < len(columns.doc_ids):
            twice = next(d for i, d in enumerate(columns.doc_ids) if d in columns.doc_ids[:i])
            raise ScoringError(f"{twice} comes twice in {side}; each document is given once")
    if not gold.doc_ids:
        raise ScoringError("gold holds no document")
    refuse_unknown(gold.doc_ids, predicted.doc_ids)
    sides = _Sides(gold, predicted, recipe.schema)
    _refuse_faults(sides)
    counts = count_tables(*sides.tables, len(sides))
    counts |= coref.count_all([sides.pair(i) for i in range(len(sides))]) if gold.linked or predicted.linked else coref.nothing(len(sides))
    named = set(predicted.doc_ids)
    return finish(
        {name: counts[name] for name, task in TASKS.items() if task.layer == LAYER},
        recipe,
        digest=gold.digest() if recipe.digest is None else recipe.digest,
        documents=sides.doc_ids,
        layers=(LAYER,),
        missing=tuple(d for d in sides.doc_ids if d not in named),
        incomplete={},
        warnings=tuple(_warnings(sides, counts["entities.strict.all"])),
        inside_furniture={},
    )


def _refuse_faults(sides: _Sides) -> None:
    """Raise the ScoringError of the first document, in order of doc_id, that cannot be scored."""
    suspects = {number for number, doc_id in enumerate(sides.doc_ids) if id_fault(doc_id)}
    suspects.update(copies(sides.tables[0]).tolist())
    if sides.predicted.guarded:
        suspects.update(number for number in range(len(sides)) if _of_another_text(sides, number))
    room = sides.lengths()
    room[room == NO_TEXT] = LONGEST
    for table in sides.tables:
        wrong = (table.start < 0) | (table.end <= table.start) | (table.end > room[table.document])
        suspects.update(table.document[wrong].tolist())
    for number in sorted(suspects):
        pair_up(sides.gold.documents[sides.order[number]], sides.prediction(number), sides.schema)


def _of_another_text(sides: _Sides, number: int) -> bool:
    prediction = sides.prediction(number)
    try:
        if prediction is not None:
            check_texts(sides.gold.documents[sides.order[number]], prediction)
    except ScoringError:
        return True
    return False


def _warnings(sides: _Sides, counts: npt.NDArray[np.int64]) -> Iterator[str]:
    """The hints of `diagnose.warnings_of`; `counts` are the hits, predicted and gold mentions of every level by document."""
    gold, predicted = (np.bincount(table.label, minlength=len(sides.labels)).tolist() for table in sides.tables)
    known = sides.schema.entities.labels
    in_gold = [name for name, n in zip(sides.labels, gold, strict=True) if n]
    yield from diagnose.unknown_labels("entity label", {name: n for name, n in zip(sides.labels, predicted, strict=True) if n}, in_gold, known)
    twice = copies(sides.tables[1])
    if len(twice):
        yield diagnose.duplicates_told(LAYER, len(twice), sides.doc_ids[twice[0]])
    lost, false = counts[:, 2] - counts[:, 0], counts[:, 1] - counts[:, 0]
    both = np.flatnonzero((lost > 0) & (false > 0))[: diagnose.SAMPLE]
    seen = slice(both[-1] + 1 if len(both) == diagnose.SAMPLE else None)
    yield from diagnose.offsets_told(LAYER, int(lost[seen].sum()), int(false[seen].sum()), [sides.pair(i) for i in both.tolist()])
    if (sides.lengths() != NO_TEXT).any():
        yield from diagnose.surfaces_told(sides.pair(i) for i in range(len(sides)))
