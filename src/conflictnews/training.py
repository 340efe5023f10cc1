"""Training a baseline: every configuration of its grid on train, the best on dev kept, and a log of what was done."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from conflictnews.baselines import BASELINES
from conflictnews.baselines.artefacts import LEARNERS
from conflictnews.baselines.trainers import TRAINERS
from conflictnews.bench import bare
from conflictnews.corpus import load_corpus, load_manifest
from conflictnews.errors import ConflictNewsError
from conflictnews.model import Document
from conflictnews.resources import baselines_dir
from conflictnews.scoring import score

SEEDS = (1, 2, 3)
"""The seeds of a baseline whose training draws at random; the first one's parameters are shipped."""

LOG = "training.json"

SMOKE = 8
"""So many documents of train are enough to see that training works."""

Progress = Callable[[str, int], object]


class Trained(msgspec.Struct, frozen=True):
    """What training left behind: where, the configuration that was chosen, its score on dev, and the seconds it took."""

    folder: Path
    config: dict[str, Any]
    dev: float | None
    seconds: float


def train_baseline(
    name: str,
    *,
    folder: Path | None = None,
    seed: int = SEEDS[0],
    smoke: bool = False,
    train: Sequence[Document] | None = None,
    dev: Sequence[Document] | None = None,
    progress: Progress = lambda what, step: None,
) -> Trained:
    """Train a baseline on train, choose on dev, and write its files to `folder` (by default where the shipped ones lie), all of them or none.

    `smoke` trains one configuration for a few steps on the first `SMOKE` documents. Raises ConflictNewsError for a name that is not trained, MissingExtraError when a library is missing.
    """
    if name not in TRAINERS:
        raise ConflictNewsError(f"{name!r} is not trained; trained are {', '.join(TRAINERS)}" + (f" (its word lists: {', '.join(LEARNERS)})" if name in BASELINES else ""))
    trainer, begin = TRAINERS[name], time.perf_counter()
    train = load_corpus("train") if train is None else train
    dev = load_corpus("dev") if dev is None else dev
    train = train[:SMOKE] if smoke else train
    grid = ({**trainer.grid[0], **trainer.smoke},) if smoke else trainer.grid
    tried: list[dict[str, Any]] = []
    best: tuple[float, dict[str, Any], dict[str, bytes]] | None = None
    for number, config in enumerate(grid, 1):
        files = trainer.fit(train, config, seed, lambda step, number=number: progress(f"{name} {number}/{len(grid)}", step))  # type: ignore[misc]
        reached = _on(dev, name, files)
        tried.append({"config": config, "dev": reached})
        if best is None or (reached or 0.0) > best[0]:
            best = (reached or 0.0, config, files)
    if best is None:
        raise ConflictNewsError(f"{name} has no configuration")
    folder = folder or baselines_dir() / name
    seconds = time.perf_counter() - begin
    log = {
        "baseline": name,
        "corpus": load_manifest()["digest"],
        "documents": len(train),
        "seed": seed if trainer.seeded else None,
        "metric": trainer.metric,
        "tried": tried,
        "chosen": best[1],
    }
    _write(folder, {**best[2], LOG: msgspec.json.format(msgspec.json.encode(log), indent=1) + b"\n"})
    return Trained(folder, best[1], best[0], seconds)


def _on(dev: Sequence[Document], name: str, files: dict[str, bytes]) -> float | None:
    """The metric of these files on dev."""
    trainer = TRAINERS[name]
    with TemporaryDirectory(prefix="conflictnews-") as folder:
        for file, data in files.items():
            (Path(folder) / file).write_bytes(data)
        predicted = list(trainer.load(Path(folder))(map(bare, dev)))
    return score(dev, predicted, layers=[trainer.metric.split(".")[0]], resamples=0).scores[trainer.metric].f1


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Put all files in place, none where one cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".new-", dir=folder.parent) as fresh:
        for file, data in files.items():
            (Path(fresh) / file).write_bytes(data)
        for file in files:
            shutil.move(str(Path(fresh) / file), folder / file)
