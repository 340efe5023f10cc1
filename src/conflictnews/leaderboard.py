"""The leaderboard as data: every baseline on every split, who beats whom and how surely, where each fails, and floors that may only rise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import msgspec

from conflictnews.baselines import BASELINES
from conflictnews.bench import Run
from conflictnews.corpus import load_corpus
from conflictnews.errors import ConflictNewsError
from conflictnews.evaluate import score_split
from conflictnews.io.jsonl import iter_documents
from conflictnews.resources import baselines_dir
from conflictnews.schema import load_schema
from conflictnews.scoring import HEADLINES
from conflictnews.scoring.compare import compare, holm, to_baseline
from conflictnews.scoring.result import Result
from conflictnews.scoring.slices import by_label

COMPARED = ("test", "test_real")
"""The splits that stand side by side."""

BESIDES = {"events": ("events.trigger",)}
"""Metrics that are compared beside a layer's ranking one."""

WORST = 5
"""So many labels are named where a baseline fails."""


def row_of(run: Run) -> dict[str, Any]:
    """A run as a row of leaderboard.json; nothing in it depends on the machine's speed."""
    return {"system": run.system, "kind": run.kind, "split": run.split, **run.result.as_dict()}


def comparisons() -> list[dict[str, Any]]:
    """For each layer and split of `COMPARED`, the shipped predictions of every trained system against those of every floor and reference, on the ranking metric and those of `BESIDES`.

    `p` is that of approximate randomisation over documents, `p_holm` the same corrected (Holm) over all comparisons of the list; `delta` is trained less other, in F1.
    """
    found: list[dict[str, Any]] = []
    for split in COMPARED:
        for layer, metric in HEADLINES.items():
            systems = {name: to_baseline(rescore(name, split, layers=[layer])) for name, b in BASELINES.items() if layer in b.layers}
            for ours in (s for s in systems if BASELINES[s].kind == "trained"):
                for other in (s for s in systems if BASELINES[s].kind != "trained"):
                    differences = compare(systems[other], systems[ours])
                    for name in (metric, *BESIDES.get(layer, ())):
                        d = differences[name]
                        found.append({"split": split, "layer": layer, "metric": name, "system": ours, "other": other, "delta": d.delta, "ci": d.ci, "p": d.p_randomisation})
    corrected = holm({str(i): row["p"] for i, row in enumerate(found) if row["p"] is not None})
    return [{**row, "p_holm": corrected.get(str(i))} for i, row in enumerate(found)]


def weak_labels(system: str, split: str) -> list[dict[str, Any]]:
    """The labels of which shipped predictions miss most, worst first: label, metric, recall, and how many gold has (ten at least)."""
    predicted = list(iter_documents(baselines_dir() / system / "predictions" / f"{split}.jsonl"))
    layers = [layer for layer in BASELINES[system].layers if layer != "quotes"]
    found = by_label(load_corpus(split, standoff=True), predicted, layers, load_schema(), resamples=0)
    rows = [
        {"label": label, "metric": metric, "recall": score.recall, "gold": score.n_gold}
        for label, scores in found.labels.items()
        for metric, score in scores.items()
        if metric in ("entities.strict", "events.trigger") and score.n_gold >= 10 and score.recall is not None
    ]
    return sorted(rows, key=lambda row: (row["recall"], row["label"]))[:WORST]


def seeds(scores: Mapping[int, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Metric -> mean and standard deviation over seeds."""
    names = next(iter(scores.values())).keys()
    return {name: {"mean": mean(s[name] for s in scores.values()), "sd": stdev([s[name] for s in scores.values()]) if len(scores) > 1 else 0.0, "n": len(scores)} for name in names}


def rescore(name: str, split: str, *, layers: Sequence[str] | None = None) -> Result:
    """The result of a baseline's shipped predictions, on all its layers or these."""
    return score_split(load_corpus(split), iter_documents(baselines_dir() / name / "predictions" / f"{split}.jsonl"), split, layers=layers or BASELINES[name].layers)


def size_of(name: str) -> int:
    """Bytes of a baseline's parameters: everything in its folder but predictions, card and log."""
    return sum(p.stat().st_size for p in (baselines_dir() / name).iterdir() if p.is_file() and p.name not in ("card.md", "training.json"))


Floors = dict[str, dict[str, dict[str, float]]]


def floors_of(rows: Iterable[Mapping[str, Any]]) -> Floors:
    """System -> split -> ranking metric -> F1, of the splits that are compared."""
    found: Floors = {}
    for row in rows:
        if row["split"] in COMPARED:
            found.setdefault(row["system"], {})[row["split"]] = {m: row["scores"][m]["f1"] for m in HEADLINES.values() if m in row["scores"] and row["scores"][m]["f1"] is not None}
    return found


def below_floors(rows: Iterable[Mapping[str, Any]], floors: Floors) -> list[str]:
    """What of `rows` lies below its floor, a line each."""
    now = floors_of(rows)
    return [
        f"{system} on {split}: {metric} {100 * now.get(system, {}).get(split, {}).get(metric, 0.0):.2f} is below its floor {100 * floor:.2f}"
        for system, splits in floors.items()
        for split, metrics in splits.items()
        for metric, floor in metrics.items()
        if now.get(system, {}).get(split, {}).get(metric, 0.0) < floor
    ]


def raised_floors(rows: Sequence[Mapping[str, Any]], floors: Floors, *, allow_lower: bool = False) -> Floors:
    """The floors that `rows` set; raises ConflictNewsError, naming each, where one would fall and that was not allowed."""
    falling = below_floors(rows, floors)
    if falling and not allow_lower:
        raise ConflictNewsError("\n".join([*falling, "floors only rise by themselves; --allow-lower pins the lower ones (say in the changelog why)"]))
    return floors_of(rows)


def load_floors() -> Floors:
    """The pinned floors, none where nothing is pinned."""
    path = baselines_dir() / "floors.json"
    return msgspec.json.decode(path.read_bytes(), type=Floors) if path.is_file() else {}


class Submission(msgspec.Struct, frozen=True):
    """A system from outside: its name, what its card says in the head, and where its predictions lie."""

    name: str
    about: dict[str, str]
    predictions: dict[str, Path]


CARD_FIELDS = ("name", "summary", "licence", "trained_on", "command")
"""What the head of a submission's card.md must say, each as ``field: value``."""


def read_submission(folder: Path) -> Submission:
    """A submitted folder: ``card.md`` with its head between lines of three dashes, and ``predictions/<split>.jsonl`` for `test` at least.

    Raises ConflictNewsError that names what is missing.
    """
    card = folder / "card.md"
    if not card.is_file():
        raise ConflictNewsError(f"{folder}: has no card.md; its head says {', '.join(CARD_FIELDS)}, each as `field: value` between two lines of ---")
    parts = card.read_text(encoding="utf-8").split("---\n")
    about = {key.strip(): value.strip() for key, sign, value in (line.partition(":") for line in (parts[1] if len(parts) > 2 else "").splitlines()) if sign}
    lacking = [field for field in CARD_FIELDS if not about.get(field)]
    if lacking:
        raise ConflictNewsError(f"{card}: the head lacks {', '.join(lacking)}; write each as `field: value` between two lines of ---")
    if about["name"] in BASELINES:
        raise ConflictNewsError(f"{card}: {about['name']} is the name of a baseline of ours; choose another")
    predictions = {path.stem: path for path in sorted((folder / "predictions").glob("*.jsonl"))}
    if "test" not in predictions:
        raise ConflictNewsError(f"{folder}: has no predictions/test.jsonl")
    return Submission(about["name"], about, predictions)


def score_submission(found: Submission, *, split: str, load: Callable[[str], Sequence[Any]] = load_corpus) -> Run:
    """The run of a submission on a split: the layers that its predictions have are scored."""
    predicted = tuple(iter_documents(found.predictions[split]))
    return Run(found.name, "submitted", split, score_split(load(split), predicted, split), predicted, None)
