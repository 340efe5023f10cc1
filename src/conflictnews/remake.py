"""Everything that ships of the baselines, made again after the corpus has changed: parameters, predictions, leaderboard, floors, cards, and the README's table."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from conflictnews.baselines import BASELINES
from conflictnews.baselines.artefacts import make_artefacts
from conflictnews.baselines.trainers import TRAINERS
from conflictnews.bench import Run, bare, run_baseline
from conflictnews.corpus import SPLITS, load_corpus
from conflictnews.evaluate import score_split
from conflictnews.hydrate import strip_text
from conflictnews.io.jsondoc import write_atomically
from conflictnews.io.jsonl import write_jsonl
from conflictnews.leaderboard import COMPARED, comparisons, load_floors, raised_floors, row_of, seeds, size_of, weak_labels
from conflictnews.report.leaderboard import card_markdown, findings_markdown, leaderboard_markdown
from conflictnews.resources import baselines_dir
from conflictnews.scoring import HEADLINES
from conflictnews.training import SEEDS, train_baseline

Tell = Callable[[str], object]


def train_all(tell: Tell) -> None:
    """Word lists of the floors, then every trained baseline in the order in which they build on each other."""
    make_artefacts(load_corpus("train"))
    for name in TRAINERS:
        done = train_baseline(name)
        tell(f"trained {name}: {TRAINERS[name].metric} {100 * (done.dev or 0):.1f} on dev with {done.config} ({done.seconds:.0f} s)")


def score_all(tell: Tell, *, allow_lower: bool = False) -> list[dict[str, Any]]:
    """Predictions of every baseline on every split, leaderboard.json and floors.json; gives the rows. Nothing is written where a floor would fall unasked."""
    runs: dict[tuple[str, str], Run] = {}
    for name in BASELINES:
        for split in SPLITS:
            runs[name, split] = run_baseline(name, split)
            tell(f"{name} on {split}: {len(runs[name, split].predicted)} documents")
    rows = [row_of(run) for run in runs.values()]
    floors = raised_floors(rows, load_floors(), allow_lower=allow_lower)
    for (name, split), run in runs.items():
        write_jsonl([strip_text(document) for document in run.predicted], baselines_dir() / name / "predictions" / f"{split}.jsonl")
    _write("leaderboard.json", rows)
    _write("floors.json", floors)
    _write("comparisons.json", comparisons())
    _write("speed.json", {name: {"words_per_second": round(runs[name, "test"].words_per_second or 0), "bytes": size_of(name)} for name in BASELINES})
    return rows


def seed_scores(tell: Tell, *, only: str = "") -> None:
    """Mean and deviation over the seeds of the baselines that draw at random (or of one of them), in seeds.json; the parameters of the first seed are those that ship."""
    found = _read("seeds.json") if only else {}
    for name, trainer in TRAINERS.items():
        if trainer.seeded and only in ("", name):
            by_split: dict[str, dict[int, dict[str, float]]] = {split: {} for split in COMPARED}
            for seed in SEEDS:
                with TemporaryDirectory(prefix="conflictnews-") as temporary:
                    shipped = baselines_dir() / name
                    folder = shipped if seed == SEEDS[0] else train_baseline(name, folder=Path(temporary) / name, seed=seed).folder
                    predict = trainer.load(folder)
                    for split in COMPARED:
                        gold = load_corpus(split)
                        result = score_split(gold, list(predict(map(bare, gold))), split, layers=BASELINES[name].layers)
                        by_split[split][seed] = {m: result.scores[m].f1 or 0.0 for m in HEADLINES.values() if m in result.scores}
                tell(f"{name} with seed {seed}: {by_split['test'][seed]}")
            found[name] = {split: seeds(scores) for split, scores in by_split.items()}
    _write("seeds.json", found)


def render(readme: Path) -> None:
    """The cards, and the table and findings in the README, from the files that `score_all` and `seed_scores` wrote."""
    rows, compared, speed, drawn = (_read(name) for name in ("leaderboard.json", "comparisons.json", "speed.json", "seeds.json"))
    weak = {(name, split): weak_labels(name, split) for name in BASELINES for split in COMPARED if {"entities", "events"} & {*BASELINES[name].layers}}
    for name, baseline in BASELINES.items():
        log = baselines_dir() / name / "training.json"
        told = msgspec.json.decode(log.read_bytes()) if log.is_file() else None
        card = card_markdown(name, baseline.kind, baseline.summary, rows, speed[name], told, drawn.get(name), {split: weak.get((name, split), []) for split in COMPARED})
        write_atomically(baselines_dir() / name / "card.md", card.encode())
    text = readme.read_text(encoding="utf-8")
    parts = {"leaderboard": leaderboard_markdown(rows, COMPARED), "findings": findings_markdown(rows, compared, weak)}
    for name, part in parts.items():
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m, part=part: m[1] + part + m[2], text, flags=re.DOTALL)  # type: ignore[misc]
    write_atomically(readme, text.encode())


def _write(name: str, value: Any) -> None:
    write_atomically(baselines_dir() / name, msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=1) + b"\n")


def _read(name: str) -> Any:
    return msgspec.json.decode((baselines_dir() / name).read_bytes())
