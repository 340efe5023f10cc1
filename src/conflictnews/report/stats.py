"""The figures of the corpus as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table

DENSITIES = {
    "names_and_values": "names and values / 100 words",
    "mentions": "all mentions / 100 words",
    "events": "events / 100 words",
    "arguments": "arguments / 100 words",
    "quotes": "quotes / 100 words",
    "words_per_sentence": "words / sentence",
    "contested_events": "share of events claimed or denied",
}
"""Density -> how a table calls it; words are those outside furniture."""


def stats_rows(found: Mapping[str, Any]) -> dict[str, tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """Title -> heads and rows of every table, as text; the same for the terminal and the card."""
    pages, quotes, contested = found["pages"], found["quotes"], found["contested"]
    share = pages["with_furniture"] / pages["composed"] if pages["composed"] else 0.0
    facts: list[tuple[str, ...]] = [
        ("pages", str(pages["documents"])),
        ("composed / real", f"{pages['composed']} / {pages['real']}"),
        ("outlets of composed pages", str(pages["outlets"])),
        ("composed pages with furniture", f"{pages['with_furniture']} ({share:.0%})"),
        ("events claimed / denied", f"{contested['claimed']} / {contested['denied']}"),
        ("quotes", str(quotes["all"])),
        ("quotes of several spans or paragraphs", str(quotes["several_spans_or_paragraphs"])),
        ("quotes with a pronoun as source", str(quotes["pronoun_source"])),
    ]
    pages_heads: tuple[str, ...] = ("", "count")
    names = [name for name, spread in found["words"].items() if spread]
    spreads = ("documents", "total", "min", "median", "mean", "max")
    return {
        "Pages": (pages_heads, facts),
        "Genres of composed pages": (("genre", "pages"), _counts(pages["genres"])),
        "Regions of composed pages": (("region", "pages"), _counts(pages["regions"])),
        "Words a page": (("", *spreads), [(name, *(f"{found['words'][name][s]:.10g}" if s != "mean" else f"{found['words'][name][s]:.1f}" for s in spreads)) for name in names]),
        "Densities": (("", *names), [(title, *(_plain(found["densities"][name][key]) for name in names)) for key, title in DENSITIES.items()]),
        "Event types": (("type", "all", "test"), [(label, str(n["all"]), str(n["test"])) for label, n in found["events"].items()]),
        "Kinds of furniture": (("kind", "blocks"), _counts(found["boilerplate"])),
    }


def stats_tables(found: Mapping[str, Any]) -> list[Table]:
    """One table a title."""
    tables = []
    for title, (heads, rows) in stats_rows(found).items():
        table = Table(title=title, title_justify="left")
        table.add_column(heads[0], no_wrap=True)
        for head in heads[1:]:
            table.add_column(head, justify="right", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        tables.append(table)
    return tables


def stats_markdown(found: Mapping[str, Any], titles: Iterable[str]) -> str:
    """The tables of these titles as Markdown."""
    all_rows = stats_rows(found)
    blocks = []
    for title in titles:
        heads, rows = all_rows[title]
        lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1), *(f"| {' | '.join(row)} |" for row in rows)]
        blocks.append(f"**{title}**\n\n" + "\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _counts(values: Mapping[str, int]) -> list[tuple[str, ...]]:
    return [(name, str(n)) for name, n in values.items()]


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
