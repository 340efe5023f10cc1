"""Disagreements one by one in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.text import Text

from conflictnews.adjudication import KINDS, Case, Row, Settled, describe, open_ids
from conflictnews.cli.console import console
from conflictnews.hydrate import hydrated
from conflictnews.model import Document

KEYS = {"a": "a", "b": "b", "n": "neither", "o": "both"}
"""Key -> decision; s skips, q quits."""

PROMPT = "a first · b second · n neither · o both · s skip · q quit > "


def ask(cases: Sequence[Case], settled: Settled, save: Callable[[Sequence[Row]], None]) -> Settled:
    """What is settled after every open disagreement was shown, or until q; each answer is saved before the next is asked for."""
    screen = console()
    rows, decided = list(settled.rows), dict(settled.decided)
    for case in cases:
        document = _with_words(case.document)
        for difference in case.differences:
            left = sum(len(open_ids(c, decided)) for c in cases)
            if difference.id not in open_ids(case, decided):
                continue
            _show(screen, describe(difference, document), left)
            key, reason = _answer(screen)
            if key == "q":
                return Settled(tuple(rows), decided, settled.stale)
            if key in KEYS:
                place = next(i for i, row in enumerate(rows) if row.id == difference.id and not row.stale)
                rows[place] = decided[difference.id] = msgspec.structs.replace(rows[place], decision=KEYS[key], reason=reason or rows[place].reason)
                save(rows)
    return Settled(tuple(rows), decided, settled.stale)


def _with_words(document: Document) -> Document:
    if document.text is not None or document.text_sha256 is None:
        return document
    return hydrated(document) or document


def _show(screen: Console, row: Row, left: int) -> None:
    where = f"{row.doc_id}" + ("" if row.line is None else f", line {row.line}")
    screen.print()
    screen.print(Text(f"{where} · {row.layer}: {KINDS[row.kind]}", style="bold"), Text(f"({left} open)", style="dim"))
    if row.event is not None:
        screen.print(Text(f"of the event {row.event['label']} {row.event['trigger'].get('surface', '')!r}"))
    if row.context is not None:
        before, _, rest = row.context.partition("[[")
        words, _, after = rest.rpartition("]]")
        screen.print(Text(before), Text(words, style="bold reverse"), Text(after), sep="")
    for name, side in (("a", row.a), ("b", row.b)):
        screen.print(Text(f"  {name}  ", style="bold"), _told(side, row.differs), sep="")


def _told(side: dict[str, Any] | None, differs: Sequence[str]) -> Text:
    """One side on a line, what differs in colour."""
    if side is None:
        return Text("nothing", style="dim")
    found = Text()
    for name, value in side.items():
        if value not in (None, [], ()):
            found.append(f"{name}=", style="dim")
            found.append(f"{_short(value)}  ", style="yellow" if name in differs else "")
    return found


def _short(value: Any) -> str:
    if isinstance(value, dict):
        place = f"{value.get('start')}-{value.get('end')}"
        return f"{value['role']} {value.get('surface', place)!r}" if "role" in value else repr(value.get("surface", place))
    return ", ".join(_short(item) for item in value) if isinstance(value, list | tuple) else str(value)


def _answer(screen: Console) -> tuple[str, str]:
    """A key and a reason: typed after the key in a terminal, on the same line where the input is none."""
    while True:
        screen.print(Text(PROMPT, style="cyan"), end="")
        if sys.stdin.isatty():
            key, reason = click.getchar().lower(), ""
            screen.print(Text(key if key.isprintable() else ""))
            if key in KEYS:
                reason = input("reason (Enter for none) > ").strip()
        else:
            line = sys.stdin.readline()
            key, reason = (line.strip()[:1].lower(), line.strip()[1:].strip()) if line else ("q", "")
        if key in KEYS or key in ("s", "q"):
            return key, reason
        screen.print("one of a, b, n, o, s, q")
