"""The figures of the corpus as pictures: SVG files drawn with matplotlib.

Each file names in its metadata the figures that it was drawn from, so that a stale one can be told (`is_current`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from conflictnews.errors import ConflictNewsError
from conflictnews.report.stats import DENSITIES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = {"composed": "#1f6f8b", "real": "#d1793b", "text": "#222222", "grid": "#dddddd"}
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "conflictnews",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK["text"],
    "axes.grid": False,
    "figure.facecolor": "white",
}


def draw_plots(found: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw every picture of these figures into a folder; gives the paths. Raises ConflictNewsError when matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError as error:
        raise ConflictNewsError('plots need matplotlib; run `pip install "conflictnews[plots]"`') from error
    matplotlib.use("svg")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with matplotlib.rc_context(STYLE):  # type: ignore[arg-type]
        for name, (draw, pick) in PLOTS.items():
            figure = draw(pick(found))
            path = folder / f"{name}.svg"
            figure.savefig(path, format="svg", metadata={"Date": None, "Description": _digest(pick(found))}, bbox_inches="tight")
            paths.append(path)
    return paths


def is_current(path: Path, found: Mapping[str, Any]) -> bool:
    """Whether the picture at `path` was drawn from these figures; needs no matplotlib."""
    return path.is_file() and _digest(PLOTS[path.stem][1](found)) in path.read_text(encoding="utf-8")


def _digest(figures: Any) -> str:
    return f"figures sha256:{hashlib.sha256(msgspec.json.encode(figures, order='sorted')).hexdigest()}"


def _lengths(values: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Words a page as one bar from the shortest to the longest, with a dot at the median."""
    from matplotlib.figure import Figure

    names = [name for name in values if values[name]][::-1]
    figure = Figure(figsize=(6.4, 0.5 + 0.45 * len(names)))
    axes = figure.subplots()
    for at, name in enumerate(names):
        spread, ink = values[name], INK["composed" if name == "composed" else "real"]
        axes.plot([spread["min"], spread["max"]], [at, at], color=ink, linewidth=6, alpha=0.35, solid_capstyle="butt")
        axes.plot(spread["median"], at, "o", color=ink, markersize=7)
        axes.annotate(f"{spread['median']:g}", (spread["median"], at), textcoords="offset points", xytext=(0, 7), ha="center", color=INK["text"], fontsize=8)
    axes.set_yticks(range(len(names)), [f"{name} ({values[name]['documents']})" for name in names])
    axes.set_ylim(-0.6, len(names) - 0.3)
    axes.set_xlim(0)
    axes.set_xlabel("words a page: shortest, median, longest")
    return figure


def _labels(values: Mapping[str, Mapping[str, int]]) -> Figure:
    """Event types by frequency, and the part of each that lies in test."""
    from matplotlib.figure import Figure

    names = sorted(values, key=lambda name: (values[name]["all"], name))
    figure = Figure(figsize=(6.4, 0.6 + 0.21 * len(names)))
    axes = figure.subplots()
    axes.barh(names, [values[name]["all"] for name in names], color=INK["composed"], alpha=0.35, label="all splits")
    axes.barh(names, [values[name]["test"] for name in names], color=INK["composed"], label="test")
    for at, name in enumerate(names):
        axes.annotate(str(values[name]["all"]), (values[name]["all"], at), textcoords="offset points", xytext=(3, 0), va="center", fontsize=8, color=INK["text"])
    axes.set_xlabel("event mentions")
    axes.margins(y=0.01)
    axes.legend(frameon=False, loc="lower right")
    return figure


def _densities(values: Mapping[str, Mapping[str, float | None]]) -> Figure:
    """Each density as a pair of bars, composed beside real."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6))
    all_axes = figure.subplots(2, 4).ravel()
    for axes, (key, title) in zip(all_axes, DENSITIES.items(), strict=False):
        for at, name in enumerate(("composed", "real")):
            value = values[name][key] or 0.0
            axes.bar(at, value, color=INK[name], width=0.7)
            axes.annotate(f"{value:.2f}", (at, value), textcoords="offset points", xytext=(0, 2), ha="center", fontsize=8, color=INK["text"])
        axes.set_title(title.replace(" / ", "\n/ ").replace("share of ", "share of\n"), fontsize=8)
        axes.set_xticks((0, 1), ("composed", "real"), fontsize=7)
        axes.set_yticks(())
        axes.spines["left"].set_visible(False)
        axes.margins(y=0.18)
    for axes in all_axes[len(DENSITIES) :]:
        axes.axis("off")
    figure.tight_layout()
    return figure


PLOTS: dict[str, tuple[Callable[[Any], Figure], Callable[[Mapping[str, Any]], Any]]] = {
    "lengths": (_lengths, lambda found: found["words"]),
    "event-types": (_labels, lambda found: found["events"]),
    "densities": (_densities, lambda found: {name: found["densities"][name] for name in ("composed", "real")}),
}
"""Picture -> how it is drawn, and the figures that it shows."""
