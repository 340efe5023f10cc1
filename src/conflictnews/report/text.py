"""Results as tables for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from rich.table import Table

from conflictnews.scoring import HEADLINES, TASKS, Result, Score
from conflictnews.scoring.result import THIN

if TYPE_CHECKING:
    from conflictnews.scoring.compare import Difference
    from conflictnews.scoring.slices import Macro
    from conflictnews.scoring.text import TextResult


def percent(value: float | None) -> str:
    """A ratio as a percentage with one decimal, a dash where it is undefined."""
    return "–" if value is None else f"{100 * value:.1f}"


def interval(score: Score) -> str:
    """The 95 % interval of F1, or a dash."""
    return "–" if score.f1_ci is None else f"{100 * score.f1_ci[0]:.1f}–{100 * score.f1_ci[1]:.1f}"


def number(value: float) -> str:
    """A count, with its half where it has one."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


class HasScores(Protocol):
    """A result, of whatever kind, with a score for each metric."""

    @property
    def scores(self) -> Mapping[str, Score]:
        """Metric -> score."""


def score_table(result: HasScores, *, title: str = "") -> Table:
    """One row a metric."""
    table = Table(title=title or None, title_justify="left", caption=f"† fewer than {THIN} in gold. CI: 95 %, bootstrap over documents.", caption_justify="left")
    table.add_column("metric", no_wrap=True)
    for name in ("P", "R", "F1", "95 % CI", "TP", "FP", "FN", "gold"):
        table.add_column(name, justify="right", no_wrap=True)
    layer = ""
    for name, score in result.scores.items():
        if TASKS[name].layer != layer and layer:
            table.add_section()
        layer = TASKS[name].layer
        shown = f"[bold]{name}[/]" if name in HEADLINES.values() else name
        gold = f"{score.n_gold:,}" + ("†" if score.n_gold < THIN else "")
        table.add_row(shown, percent(score.precision), percent(score.recall), percent(score.f1), interval(score), number(score.tp), number(score.fp), number(score.fn), gold)
    return table


class Row:
    """A line of a leaderboard: a system, what it is, its result on one layer, and its speed in words a second."""

    def __init__(self, system: str, kind: str, result: Result, layer: str, speed: float | None) -> None:
        self.system, self.kind, self.result, self.layer, self.speed = system, kind, result, layer, speed

    @property
    def headline(self) -> Score:
        """The score that ranks the line."""
        return self.result.scores[HEADLINES[self.layer]]


COLUMNS = {
    "entities": ("entities.strict", "entities.partial", "entities.type"),
    "events": ("events.argument_attached", "events.trigger", "events.trigger_id"),
    "quotes": ("quotes.attributed", "quotes.content.iou", "quotes.speaker"),
    "boilerplate": ("boilerplate.line", "boilerplate.char"),
}
"""The metrics that a leaderboard shows for each layer, the ranking one first."""


def leaderboard(layer: str, rows: Sequence[Row], *, split: str, documents: int) -> Table:
    """The systems of one layer, best first; every number is an F1 in per cent (for `quotes.speaker`: the accuracy)."""
    metrics = COLUMNS[layer]
    table = Table(title=f"{layer}: {split}, {documents} documents", title_justify="left", min_width=100)
    table.add_column("system", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column(metrics[0], justify="right", no_wrap=True, style="bold")
    table.add_column("95 % CI", justify="right", no_wrap=True)
    table.add_column("P", justify="right")
    table.add_column("R", justify="right")
    for name in metrics[1:]:
        table.add_column(name.removeprefix(f"{layer}."), justify="right", no_wrap=True)
    table.add_column("words/s", justify="right", no_wrap=True)
    for row in sorted(rows, key=lambda row: (-(row.headline.f1 or 0.0), row.system)):
        best = row.headline
        others = [percent(row.result.scores[name].f1) for name in metrics[1:]]
        table.add_row(
            row.system, row.kind, percent(best.f1), interval(best), percent(best.precision), percent(best.recall), *others, "–" if row.speed is None else f"{row.speed:,.0f}"
        )
    return table


def difference_table(differences: Mapping[str, Difference], cells: Callable[[Difference], list[str]], *, title: str) -> Table:
    """One row a metric of two results; a star where the difference is significant at .05 after Holm."""
    table = Table(title=title, title_justify="left", caption="F1 in per cent; * p < .05 after Holm. detectable: the difference found four times in five.", caption_justify="left")
    table.add_column("metric", no_wrap=True)
    for name in ("first", "second", "diff", "95 % CI", "p boot", "p rand", "p Holm", "detectable"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, d in differences.items():
        star = " *" if d.p_holm is not None and d.p_holm < 0.05 else ""
        shown = cells(d)
        table.add_row(name, *shown[:6], shown[6] + star, shown[7])
    return table


def macro_lines(macro: Mapping[str, Macro]) -> list[str]:
    """The mean over labels of each metric, a line each."""
    found = []
    for metric, m in macro.items():
        ci = "" if m.f1_ci is None else f" (95 % CI {100 * m.f1_ci[0]:.1f}–{100 * m.f1_ci[1]:.1f})"
        thin = f", {m.thin} of them with fewer than {THIN} in gold" if m.thin else ""
        found.append(f"macro {metric}: P {percent(m.precision)} R {percent(m.recall)} F1 {percent(m.f1)}{ci} over {m.labels} labels{thin}")
    return found


def detectable_line(result: HasScores) -> str:
    """The smallest difference of F1 that the documents can show, for the ranking metric of each layer; empty where there is no interval."""
    told = [f"{name} {100 * s.detectable:.1f}" for name, s in result.scores.items() if name in HEADLINES.values() and s.detectable is not None]
    return f"smallest difference in F1 that these documents show four times in five (unpaired; compare is finer): {', '.join(told)}" if told else ""


def slice_table(slices: Mapping[str, Mapping[str, Score]], *, title: str) -> Table:
    """One row a slice and metric."""
    table = Table(title=title, title_justify="left", caption=f"† fewer than {THIN} in gold.", caption_justify="left")
    for name in ("slice", "metric"):
        table.add_column(name, no_wrap=True)
    for name in ("P", "R", "F1", "95 % CI", "TP", "FP", "FN", "gold"):
        table.add_column(name, justify="right", no_wrap=True)
    for value, scores in slices.items():
        for metric, s in scores.items():
            gold = f"{s.n_gold:,}" + ("†" if s.n_gold < THIN else "")
            table.add_row(value, metric, percent(s.precision), percent(s.recall), percent(s.f1), interval(s), number(s.tp), number(s.fp), number(s.fn), gold)
    return table


def text_table(result: TextResult, *, title: str = "") -> Table:
    """One row a measure of article texts; the similarity of text.edit stands in the column of F1."""
    from conflictnews.scoring.text import TextSimilarity

    table = Table(title=title or None, title_justify="left", caption="Means over pages. CI: 95 %, bootstrap over documents.", caption_justify="left")
    table.add_column("metric", no_wrap=True)
    for name in ("P", "R", "F1 / similarity", "95 % CI", "documents"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, s in result.scores.items():
        precision, recall, value, ci = (None, None, s.similarity, s.similarity_ci) if isinstance(s, TextSimilarity) else (s.precision, s.recall, s.f1, s.f1_ci)
        shown = "–" if ci is None else f"{100 * ci[0]:.1f}–{100 * ci[1]:.1f}"
        table.add_row(name, percent(precision), percent(recall), percent(value), shown, str(s.n_documents))
    return table
