"""Agreement of two passes as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from conflictnews.agreement import Agreement, Measured

HEADS = ("agreement", "95 % CI", "floor", "target", "first", "second")
NOTE = "Pairwise F1, Cohen's kappa, Krippendorff's alpha; CI: bootstrap over documents; ▼ below the floor. first, second: annotations of either pass, or units."


def ratio(value: float | None) -> str:
    """A coefficient with three decimals, a dash where it is undefined; never 1.000 where it is not 1."""
    return "–" if value is None else f"{value:.3f}" if value == 1 or value < 0.9995 else "0.999"


def agreement_table(found: Agreement, *, title: str = "") -> Table:
    """One row a measure."""
    table = Table(title=title or None, title_justify="left", caption=NOTE, caption_justify="left")
    table.add_column("measure", no_wrap=True)
    for name in HEADS:
        table.add_column(name, justify="right", no_wrap=True)
    layer = ""
    for measured in found.measures.values():
        if measured.layer != layer and layer:
            table.add_section()
        layer = measured.layer
        cells = _cells(measured)
        table.add_row(measured.title, *([f"[bold red]{cells[0]}[/]", *cells[1:]] if measured.below else cells))
    return table


def agreement_markdown(found: Mapping[str, Measured], *, documents: int, title: str = "Agreement") -> str:
    """The same as Markdown."""
    lines = [f"## {title}", "", f"{documents} documents. {NOTE}", "", f"| measure | {' | '.join(HEADS)} |", "|---|" + "---:|" * len(HEADS)]
    lines += [f"| {measured.title} | {' | '.join(_cells(measured))} |" for measured in found.values()]
    return "\n".join(lines) + "\n"


def compared_markdown(columns: Mapping[str, Mapping[str, Any]], *, head: str = "", only_floors: bool = False) -> str:
    """Several agreements side by side as Markdown, a column each, from what `Agreement.as_dict` gives; `only_floors` leaves out measures without a floor."""
    if not columns:
        return ""
    heads = [f"{head}{name} ({len(m['documents'])} documents)" for name, m in columns.items()]
    named = {name: row for m in columns.values() for name, row in m["measures"].items() if row["floor"] is not None or not only_floors}
    lines = [f"| pairwise F1, unless said | floor | {' | '.join(heads)} |", "|---|---:|" + "---:|" * len(columns)]
    for name, row in named.items():
        cells = [_compared(m["measures"].get(name)) for m in columns.values()]
        floor = "" if row["floor"] is None else f"{row['floor']:g}"
        lines.append(f"| {row['title']} | {floor} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _compared(row: Mapping[str, Any] | None) -> str:
    if row is None or row["value"] is None:
        return "–"
    interval = f" ({ratio(row['ci'][0])}–{ratio(row['ci'][1])})" if row["ci"] else ""
    return ratio(row["value"]) + interval + (" ▼" if row["below"] else "")


def _cells(m: Measured) -> list[str]:
    value = ratio(m.value) + (" ▼" if m.below else "")
    interval = "–" if m.ci is None else f"{ratio(m.ci[0])}–{ratio(m.ci[1])}"
    return [value, interval, "" if m.floor is None else f"{m.floor:g}", "" if m.target is None else f"{m.target:g}", f"{m.n[0]:,}", f"{m.n[1]:,}"]
