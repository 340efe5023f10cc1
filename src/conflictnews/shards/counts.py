"""Counts of some of the documents, that can be added up: what one machine hands to another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

from conflictnews.errors import ScoringError
from conflictnews.model import LAYERS, Document
from conflictnews.schema import load_schema
from conflictnews.scoring import TASKS, Score, score
from conflictnews.scoring.intervals import RESAMPLES, SEED, distinct_columns, f1_of, spread
from conflictnews.scoring.result import scored
from conflictnews.scoring.signature import signature
from conflictnews.scoring.tasks import TRACK
from conflictnews.shards.poisson import keys_of, resampled_totals
from conflictnews.version import VERSION

_WORD = 1 << 64
_LARGEST = (1 << 63) - 1


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What two counts must share to be added up: the parts of a signature that do not depend on which documents were counted, and the scheme."""

    layers: tuple[str, ...]
    corpus: str
    digest: str
    split: str
    level: str
    unit: str
    resamples: int
    seed: int
    scheme: str
    version: str


def configure(layers: Sequence[str], *, corpus: str = "gold", digest: str = "", split: str = "", resamples: int = RESAMPLES, seed: int = SEED) -> Configuration:
    """The configuration of this version of the package with its scheme. `digest` stands for all the gold, not for the part that one shard has."""
    schema = load_schema()
    if not layers or not set(layers) <= set(LAYERS):
        raise ScoringError(f"the layers to count are some of {', '.join(LAYERS)}; got {', '.join(layers) or 'none'}")
    return Configuration(
        layers=tuple(layer for layer in LAYERS if layer in layers),
        corpus=corpus,
        digest=digest,
        split=split,
        level="+".join(schema.entities.primary_levels) if "entities" in layers else "",
        unit="codepoint",
        resamples=resamples,
        seed=seed,
        scheme=hashlib.sha256(msgspec.json.encode(schema, order="sorted")).hexdigest()[:16],
        version=VERSION,
    )


def differing(first: Configuration, second: Configuration) -> str:
    """In what two configurations differ, in words; empty where they are equal."""
    pairs = ((name, getattr(first, name), getattr(second, name)) for name in Configuration.__struct_fields__)
    return ", ".join(f"{name} ({_shown(a)} and {_shown(b)})" for name, a, b in pairs if a != b)


def _shown(value: Any) -> str:
    return "+".join(value) if isinstance(value, tuple) else str(value)[:16] or "none"


class Counts(msgspec.Struct, frozen=True):
    """The counts of some documents, as integers only: equal documents give equal counts, in whatever order and parts they were added.

    `id_sum` is the sum of the hashes of the ids, mod 2**64. By metric: `totals` are (hits x scale, predicted, gold, fourth number), `occupied` how many documents
    have anything gold or predicted, and `resampled` the totals of each bootstrap resample: 4 x resamples integers of 64 bits, low byte first. `missing` counts the
    documents without a prediction, `incomplete` by layer the predictions that leave it out, `inside_furniture` what is predicted inside page furniture.
    """

    configuration: Configuration
    documents: int
    id_sum: int
    missing: int
    incomplete: dict[str, int]
    inside_furniture: dict[str, int]
    totals: dict[str, tuple[int, int, int, int]]
    occupied: dict[str, int]
    resampled: dict[str, bytes]

    def add(self, gold: Iterable[Document], predicted: Iterable[Document]) -> Counts:
        """These counts and those of more documents. Raises ScoringError as `score` does, and where this package or its scheme is not that of the configuration."""
        return self.merge(count_documents(self.configuration, gold, predicted).counts)

    def merge(self, other: Counts) -> Counts:
        """The sum of two counts; ScoringError where their configurations differ, where both hold the same documents, or where a sum outgrows 64 bits."""
        difference = differing(self.configuration, other.configuration)
        if difference:
            raise ScoringError(f"the counts cannot be added up: they differ in {difference}; count all shards again in one way")
        if self.documents and (self.documents, self.id_sum) == (other.documents, other.id_sum):
            raise ScoringError(f"the same {self.documents} documents are counted twice (the hashes of their ids have the same sum)")
        return Counts(
            configuration=self.configuration,
            documents=self.documents + other.documents,
            id_sum=(self.id_sum + other.id_sum) % _WORD,
            missing=self.missing + other.missing,
            incomplete=_summed(self.incomplete, other.incomplete),
            inside_furniture=_summed(self.inside_furniture, other.inside_furniture),
            totals={name: _plus(row, other.totals[name]) for name, row in self.totals.items()},
            occupied=_summed(self.occupied, other.occupied),
            resampled={name: _added(data, other.resampled[name]) for name, data in self.resampled.items()},
        )

    def finalise(self) -> dict[str, Score]:
        """The scores: the same figures as those of `score` on all the documents together, with 95 % percentile intervals of the Poisson bootstrap.

        As there, a metric has no interval where fewer than two documents have anything to count, and resamples in which F1 is undefined are left out.
        """
        found = {}
        for name, (hits, predicted, gold, fourth) in self.totals.items():
            task = TASKS[name]
            f1 = f1_of(_array(self.resampled[name]).reshape(4, -1).T, task.scale, two_sided=task.two_sided)
            found[name] = scored((hits, predicted, gold, fourth), task, spread(f1) if self.occupied[name] > 1 else None)
        return found

    def signature(self) -> str:
        """The signature of the scores; ``ci:pb`` says that the resamples are Poisson ones."""
        c = self.configuration
        lacking = self.missing + sum(self.incomplete.values())
        plain = signature(
            corpus=c.corpus,
            digest=c.digest,
            split=c.split,
            documents=self.documents,
            layers=c.layers,
            metric="all",
            level=c.level,
            missing=lacking,
            resamples=c.resamples,
            seed=c.seed,
        )
        return plain.replace(f"|ci:bs{c.resamples}", f"|ci:pb{c.resamples}")

    def to_json(self) -> bytes:
        """The counts as JSON, every number an exact integer; the same bytes for the same counts."""
        wire = msgspec.structs.asdict(self) | {"resampled": {name: _array(data).reshape(4, -1).tolist() for name, data in self.resampled.items()}}
        return msgspec.json.encode(wire, order="sorted")

    @staticmethod
    def from_json(data: bytes | msgspec.Raw) -> Counts:
        """The counts that `to_json` wrote; ScoringError for anything else."""
        try:
            wire = msgspec.json.decode(data, type=_Wire)
            resampled = {name: np.array(columns, dtype=np.int64) for name, columns in wire.resampled.items()}
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, ValueError) as error:
            raise ScoringError(f"no counts of shards ({error})") from None
        names = _metrics(wire.configuration)
        if not all(set(part) == set(names) for part in (wire.totals, wire.occupied, resampled)):
            raise ScoringError("no counts of shards (the metrics are not those of the layers)")
        if any(columns.shape != (4, wire.configuration.resamples) or columns.min(initial=0) < 0 for columns in resampled.values()):
            raise ScoringError(f"no counts of shards (each metric wants 4 rows of {wire.configuration.resamples} numbers from 0 on)")
        fields = {name: getattr(wire, name) for name in _Wire.__struct_fields__}
        ordered = {part: {name: fields[part][name] for name in names} for part in ("totals", "occupied")}
        return Counts(**fields | ordered | {"resampled": {name: _bytes(resampled[name]) for name in names}})


Natural = Annotated[int, msgspec.Meta(ge=0)]


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Counts as they stand in JSON."""

    configuration: Configuration
    documents: Natural
    id_sum: int
    missing: Natural
    incomplete: dict[str, Natural]
    inside_furniture: dict[str, Natural]
    totals: dict[str, tuple[Natural, Natural, Natural, Natural]]
    occupied: dict[str, Natural]
    resampled: dict[str, list[list[int]]]


def zero(configuration: Configuration) -> Counts:
    """The counts of no document."""
    names = _metrics(configuration)
    nothing = bytes(8 * 4 * configuration.resamples)
    return Counts(configuration, 0, 0, 0, {}, {}, dict.fromkeys(names, (0, 0, 0, 0)), dict.fromkeys(names, 0), dict.fromkeys(names, nothing))


class Counted(msgspec.Struct, frozen=True):
    """The counts of a batch, with the names behind them: documents without a prediction, by layer those whose prediction leaves it out, and what `score` warns of."""

    counts: Counts
    missing: tuple[str, ...]
    incomplete: dict[str, tuple[str, ...]]
    warnings: tuple[str, ...]


def count_documents(configuration: Configuration, gold: Iterable[Document], predicted: Iterable[Document]) -> Counted:
    """The counts of a batch of documents by themselves.

    The layers are those of the configuration, whatever this batch holds: where the gold of the whole batch lacks a layer nothing is counted in it, and where all of its
    predictions lack one that gold has, its gold is missed.
    """
    gold, predicted = tuple(gold), tuple(predicted)
    own = configure(
        configuration.layers, corpus=configuration.corpus, digest=configuration.digest, split=configuration.split, resamples=configuration.resamples, seed=configuration.seed
    )
    difference = differing(configuration, own)
    if difference:
        raise ScoringError(f"this machine counts in another way than was asked for: they differ in {difference}; install the same conflictnews everywhere")
    if not gold and not predicted:
        return Counted(zero(configuration), (), {}, ())
    asked = tuple(layer for layer in configuration.layers if any(d.layer(layer) is not None for d in gold))
    first = configuration.layers[0]
    compared = gold if asked else tuple(msgspec.structs.replace(d, **{first: ()}) for d in gold)  # nothing to count, but still to be checked
    unattempted = {layer: () for layer in asked or (first,) if all(d.layer(layer) is None for d in predicted)}
    filled = tuple(msgspec.structs.replace(d, **unattempted) for d in predicted) if unattempted else predicted
    result = score(compared, filled, layers=asked or (first,), corpus="part", digest="part", resamples=1)
    in_gold, left_out = {d.doc_id: d for d in gold}, {layer: tuple(sorted(d.doc_id for d in predicted if d.layer(layer) is None)) for layer in asked}
    incomplete = {layer: lacking for layer, names in left_out.items() if (lacking := tuple(name for name in names if in_gold[name].layer(layer) is not None))}
    keys = keys_of(result.documents)
    nothing = np.zeros((len(keys), 4), dtype=np.int64)
    rows = {name: result.counts.get(name, nothing) if asked else nothing for name in _metrics(configuration)}
    counts = Counts(
        configuration=configuration,
        documents=len(keys),
        id_sum=sum(keys.tolist()) % _WORD,
        missing=len(result.missing),
        incomplete={layer: len(names) for layer, names in incomplete.items()},
        inside_furniture=dict(result.inside_furniture) if asked else {},
        totals={name: _row(matrix.sum(axis=0)) for name, matrix in rows.items()},
        occupied={name: int(np.count_nonzero(matrix[:, 1:3].any(axis=1))) for name, matrix in rows.items()},
        resampled=_resampled(configuration, keys, rows),
    )
    return Counted(counts, result.missing, incomplete, result.warnings if asked else ())


def _resampled(configuration: Configuration, keys: npt.NDArray[np.uint64], rows: Mapping[str, npt.NDArray[np.int64]]) -> dict[str, bytes]:
    """The totals of each resample."""
    columns, where = distinct_columns(rows)
    try:
        totals = resampled_totals(keys, columns, resamples=configuration.resamples, seed=configuration.seed)
    except OverflowError as error:
        raise ScoringError(f"{error}; count fewer documents at a time") from None
    return {name: _bytes(totals[places]) for name, places in where.items()}


def _metrics(configuration: Configuration) -> list[str]:
    layers = {*configuration.layers, *((TRACK,) if set(configuration.layers) == set(LAYERS) else ())}
    return [name for name, task in TASKS.items() if task.layer in layers]


def _array(data: bytes) -> npt.NDArray[np.int64]:
    return np.frombuffer(data, dtype="<i8").astype(np.int64, copy=False)


def _bytes(values: npt.NDArray[np.int64]) -> bytes:
    return values.astype("<i8", copy=False).tobytes()


def _added(first: bytes, second: bytes) -> bytes:
    a, b = _array(first), _array(second)
    if int(a.max(initial=0)) + int(b.max(initial=0)) > _LARGEST:
        raise ScoringError("the counts of the resamples outgrow 64 bits; score fewer documents at a time")
    return _bytes(a + b)


def _row(values: npt.NDArray[np.int64]) -> tuple[int, int, int, int]:
    hits, predicted, gold, fourth = values.tolist()
    return hits, predicted, gold, fourth


def _plus(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]


def _summed(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    """Number by name; a name that only one side has is kept."""
    return {name: first.get(name, 0) + second.get(name, 0) for name in sorted({*first, *second})}
