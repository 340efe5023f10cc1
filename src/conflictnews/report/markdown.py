"""Results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conflictnews.report.text import percent
from conflictnews.scoring import HEADLINES


def leaderboard_markdown(rows: Iterable[Mapping[str, Any]], splits: Iterable[str]) -> str:
    """A table with a line for each system and layer and a column for each split, from the rows of leaderboard.json.

    Shown is the F1 of the layer's ranking metric in per cent with its 95 % interval; within a layer the systems come in order of their score on the first split.
    """
    splits = list(splits)
    cells = {(row["system"], row["split"], layer): row["scores"][metric] for row in rows for layer, metric in HEADLINES.items() if metric in row["scores"]}
    kinds = {row["system"]: row["kind"] for row in rows}
    lines = [f"| layer | system | kind | {' | '.join(f'`{split}`' for split in splits)} |", "|---|---|---|" + "---:|" * len(splits)]
    for layer, metric in HEADLINES.items():
        systems = {system for system, _, its in cells if its == layer}
        for system in sorted(systems, key=lambda s: (-((cells.get((s, splits[0], layer)) or {}).get("f1") or 0.0), s)):
            shown = [_cell(cells.get((system, split, layer))) for split in splits]
            lines.append(f"| {layer} (`{metric}`) | {system} | {kinds[system]} | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def _cell(score: Mapping[str, Any] | None) -> str:
    if score is None:
        return "–"
    interval = score["f1_ci"]
    return percent(score["f1"]) + (f" ({percent(interval[0])}–{percent(interval[1])})" if interval else "")
