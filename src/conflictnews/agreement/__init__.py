"""How far two annotation passes agree, on the same counts that score systems, with intervals over documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from conflictnews.agreement import nominal
from conflictnews.agreement.measures import MEASURES, Measure
from conflictnews.errors import ScoringError
from conflictnews.model import LAYERS, Document, first_fault, text_sha256
from conflictnews.resources import corpus_dir
from conflictnews.schema import Schema, load_schema
from conflictnews.scoring import intervals
from conflictnews.scoring.pair import Pair, by_id
from conflictnews.scoring.pairing import first_difference

FLOORS = "agreement_floors.json"
"""The file of the corpus that says how far two passes ought to agree: measure -> floor and target."""


class Floor(msgspec.Struct, frozen=True):
    """Below the `floor` a guideline is mended and the documents are annotated again; `target` is what is aimed at."""

    floor: float
    target: float


class Measured(msgspec.Struct, frozen=True):
    """One measure over all documents: None where there is nothing to agree on.

    `n` is what either pass has to agree on: annotations for an F1, units (twice the same number) for kappa and alpha. `ci` is the 95 % interval of the bootstrap
    over documents, None where fewer than two documents have anything.
    """

    layer: str
    title: str
    statistic: str
    value: float | None
    ci: tuple[float, float] | None
    n: tuple[int, int]
    floor: float | None = None
    target: float | None = None

    @property
    def below(self) -> bool:
        """Whether the value is below its floor."""
        return self.value is not None and self.floor is not None and self.value < self.floor


class Agreement(msgspec.Struct, frozen=True):
    """What `agree` gives: the measures, the documents that were compared, those that only one pass has, and what was odd."""

    documents: tuple[str, ...]
    measures: dict[str, Measured]
    only_first: tuple[str, ...] = ()
    only_second: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The numbers unrounded, in the form of ``conflictnews agree --json``."""
        measures = {name: msgspec.to_builtins(m) | {"below": m.below} for name, m in self.measures.items()}
        sides = {"only_first": list(self.only_first), "only_second": list(self.only_second)}
        return {"documents": list(self.documents), **sides, "warnings": list(self.warnings), "measures": measures}


def agree(
    first: Iterable[Document],
    second: Iterable[Document],
    *,
    layers: Sequence[str] | None = None,
    schema: Schema | None = None,
    resamples: int = intervals.RESAMPLES,
    seed: int = intervals.SEED,
) -> Agreement:
    """Agreement of two passes over the same documents, the same whichever comes first; `MEASURES` says what is measured.

    Documents that only one pass has are listed and left out, and so is a layer of a document that one pass did not attempt. Raises ScoringError where the passes
    share no document or no layer, where a doc_id comes twice, or where the texts of a document differ.
    """
    schema = schema or load_schema()
    left, right = by_id(first, "the first pass"), by_id(second, "the second pass")
    common = sorted(left.keys() & right.keys())
    if not common:
        raise ScoringError(f"the passes share no document: the first has {_some(left)}, the second {_some(right)}")
    pairs = [_pair(left[doc_id], right[doc_id], schema) for doc_id in common]
    chosen = _choose(layers, pairs)
    tables = {name: _rows(measure, pairs) for name, measure in MEASURES.items() if measure.layer in chosen}
    drawn = intervals.resampled_matrices(tables, resamples=resamples, seed=seed) if len(pairs) > 1 else {}
    floors = load_floors()
    return Agreement(
        tuple(common),
        {name: _measured(name, table, drawn.get(name), floors.get(name)) for name, table in tables.items()},
        tuple(sorted(left.keys() - right.keys())),
        tuple(sorted(right.keys() - left.keys())),
        tuple(_oddities(pairs, chosen)),
    )


def load_floors() -> dict[str, Floor]:
    """Measure -> floor and target, where the corpus sets them."""
    path = corpus_dir() / FLOORS
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Floor]) if path.is_file() else {}


def cohen_kappa(labels: Iterable[tuple[object, object]]) -> float | None:
    """Cohen's kappa (1960) of two annotators' labels of the same items; 1 where both use one and the same label throughout, None without items."""
    return _number(nominal.kappa(nominal.rows([nominal.tally(labels)]))[0])


def krippendorff_alpha(labels: Iterable[tuple[object, object]]) -> float | None:
    """Krippendorff's nominal alpha of two annotators' labels of the same items; None where fewer than two labels occur."""
    return _number(nominal.alpha(nominal.rows([nominal.tally(labels)]))[0])


def _pair(first: Document, second: Document, schema: Schema) -> Pair:
    """Both passes over one document; ScoringError where they are over different texts, or a span ends past it."""
    doc_id = first.doc_id
    if first.text is not None and second.text is not None and first.text != second.text:
        raise ScoringError(f"{doc_id}: the passes are over different texts: {first_difference(first.text, second.text, ('the first', 'the second'))}", doc_id=doc_id)
    digests = {digest for d in (first, second) for digest in (d.text_sha256, None if d.text is None else text_sha256(d.text)) if digest is not None}
    if len(digests) > 1:
        raise ScoringError(f"{doc_id}: text_sha256 says that the passes are over different texts", doc_id=doc_id)
    pair = Pair(first, second, schema)
    for name, document in (("first", first), ("second", second)):
        fault = first_fault(document, None if pair.text is None else len(pair.text))
        if fault:
            raise ScoringError(f"{doc_id}, {name} pass: {fault}", doc_id=doc_id)
    return pair


def _choose(layers: Sequence[str] | None, pairs: Sequence[Pair]) -> tuple[str, ...]:
    for layer in layers or ():
        if layer not in LAYERS:
            raise ScoringError(f"there is no layer {layer!r}; the layers are {', '.join(LAYERS)}")
    there = [layer for layer in LAYERS if any(_both(pair, layer) for pair in pairs)]
    chosen = tuple(layer for layer in LAYERS if layer in (layers or there))
    for layer in chosen:
        if layer not in there:
            raise ScoringError(f"no document has the layer {layer} in both passes; both have {', '.join(there) or 'none'}")
    if not chosen:
        raise ScoringError("no document has any layer in both passes")
    return chosen


def _both(pair: Pair, layer: str) -> bool:
    return pair.gold.layer(layer) is not None and pair.predicted.layer(layer) is not None


def _rows(measure: Measure, pairs: Sequence[Pair]) -> npt.NDArray[np.int64]:
    """The counts of a measure, a row a document: zeros where not both passes have the layer."""
    if measure.vector is not None:
        return np.array([measure.vector(pair) if _both(pair, measure.layer) else (0, 0, 0, 0) for pair in pairs], dtype=np.int64)
    return nominal.rows([measure.tally(pair) if measure.tally is not None and _both(pair, measure.layer) else nominal.tally(()) for pair in pairs])


def _measured(name: str, table: npt.NDArray[np.int64], drawn: intervals.Array | None, floor: Floor | None) -> Measured:
    measure = MEASURES[name]
    ratios: dict[str, Callable[[Any], intervals.Array]] = {"F1": partial(intervals.f1_of, scale=measure.scale), "kappa": nominal.kappa, "alpha": nominal.alpha}
    ratio = ratios[measure.statistic]
    totals = table.sum(axis=0)
    filled = np.count_nonzero(table[:, 1:3].any(axis=1) if measure.statistic == "F1" else table[:, 0])
    spread = intervals.spread(ratio(drawn)) if drawn is not None and filled > 1 else None
    value = _number(ratio(totals[None, :])[0])
    return Measured(
        measure.layer,
        measure.title,
        measure.statistic,
        value,
        None if spread is None or value is None else (spread.low, spread.high),
        (int(totals[2]), int(totals[1])) if measure.statistic == "F1" else (int(totals[0]), int(totals[0])),
        None if floor is None else floor.floor,
        None if floor is None else floor.target,
    )


def _oddities(pairs: Sequence[Pair], chosen: Sequence[str]) -> Iterable[str]:
    for layer in chosen:
        lacking = [pair.gold.doc_id for pair in pairs if not _both(pair, layer)]
        if lacking:
            yield f"{len(lacking)} documents lack {layer} in one pass (first {lacking[0]}); they are left out there"
    blind = [pair.gold.doc_id for pair in pairs if pair.text is None]
    if blind:
        yield f"{len(blind)} documents have no text (first {blind[0]}): their lines and characters are not compared; hydrate them, or give texts"


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _some(documents: dict[str, Document]) -> str:
    names = sorted(documents)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "") if names else "none"


__all__ = ["MEASURES", "Agreement", "Floor", "Measure", "Measured", "agree", "cohen_kappa", "krippendorff_alpha", "load_floors"]
