"""Boilerplate, trained: the lines of a page as one sequence, each with a kind of furniture or none (conditional random field)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.baselines.crf import Crf, train_crf
from conflictnews.model import BoilerplateSpan, Document
from conflictnews.resources import baselines_dir

NAME = "boilerplate-crf"
NONE = "MAIN"
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_DATE = re.compile(
    r"\b(?:\d{1,2}[ ./-]\d{1,2}[ ./-]\d{2,4}|\d{4}-\d\d-\d\d|(?:19|20)\d\d|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d|\d{1,2} (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))",
    re.I,
)
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d\b|\b\d{1,2} ?[ap]\.?m\b", re.I)


class Line(msgspec.Struct, frozen=True):
    """A line that is not blank: where it stands, its text, and how many blank lines come before it."""

    start: int
    end: int
    text: str
    gap: int


def lines_of(text: str) -> list[Line]:
    """The lines of a page that are not blank, without white space at their ends."""
    found, at, gap = [], 0, 0
    for line in text.split("\n"):
        if line.strip():
            found.append(Line(at, at + len(line), line, gap))
            gap = 0
        else:
            gap += 1
        at += len(line) + 1
    return found


def features(lines: Sequence[Line]) -> list[list[str]]:
    """What each line looks like, with its neighbours."""
    looks = [_look(line) for line in lines]
    rows = []
    for at, line in enumerate(lines):
        row = ["bias", *looks[at], *(f"w={w.lower()}" for w in _WORD.findall(line.text)[:25])]
        words = [w.lower() for w in _WORD.findall(line.text)]
        row += [f"first={' '.join(words[:n])}" for n in (1, 2) if words] + [f"last={words[-1]}"] if words else []
        row += [f"top={at}" if at < 4 else "top=no", f"foot={len(lines) - at}" if len(lines) - at < 5 else "foot=no", f"at={10 * at // max(len(lines), 1)}"]
        row += [f"gap={min(line.gap, 2)}", f"next_gap={min(lines[at + 1].gap, 2)}" if at + 1 < len(lines) else "next_gap=end"]
        for step in (-2, -1, 1, 2):
            if 0 <= at + step < len(lines):
                row += [f"{step}:{f}" for f in looks[at + step]]
                if abs(step) == 1:
                    row += [f"{step}:w={w.lower()}" for w in _WORD.findall(lines[at + step].text)[:3]]
            else:
                row.append(f"{step}:edge")
        rows.append(row)
    return rows


def _look(line: Line) -> list[str]:
    text = line.text.strip()
    words = _WORD.findall(text)
    n = len(words)
    capital = sum(w[0].isupper() for w in words)
    row = [f"n={min(n, 4) if n < 5 else 5 + min(n // 5, 6)}", f"caps={4 * capital // n if n else 'none'}", f"ends={text[-1] if not text[-1].isalnum() else 'word'}"]
    row.append(f"opens={text[0] if not text[0].isalnum() else 'digit' if text[0].isdigit() else 'cap' if text[0].isupper() else 'small'}")
    row += [f"has={mark}" for mark in '|©@»«>•·#[]/…–—:“"' if mark in text]
    row += [
        name
        for name, there in (("upper", text.isupper()), ("date", bool(_DATE.search(text))), ("clock", bool(_CLOCK.search(text))), ("url", "www." in text or "http" in text))
        if there
    ]
    row += [
        name
        for name, there in (
            ("indent", line.text[:1].isspace()),
            ("stop", bool(re.search(r"[.!?][”\"’)]?$", text)) and n > 6),
            ("many_bars", len(re.findall(r"\s[|·•/»>]\s", text)) > 1),
        )
        if there
    ]
    return row


def labels(document: Document, lines: Sequence[Line]) -> list[str]:
    """The gold kind of each line: the block that covers over half of it, else none."""
    found = []
    for line in lines:
        covered = {b.label: min(b.end, line.end) - max(b.start, line.start) for b in document.boilerplate or () if b.start < line.end and line.start < b.end}
        best = max(covered, key=lambda label: covered[label], default=NONE)
        found.append(best if covered.get(best, 0) * 2 > line.end - line.start else NONE)
    return found


def train(documents: Iterable[Document], config: dict[str, Any], progress: Callable[[int], object] = lambda n: None) -> dict[str, bytes]:
    """The model file of these documents: name -> bytes."""
    pages = [(lines_of(d.text or ""), d) for d in documents]
    return {"model.crfsuite": train_crf(((features(lines), labels(d, lines)) for lines, d in pages if lines), progress=progress, **config)}


class LineCrf:
    """The loaded baseline: neighbouring lines of a kind are one block."""

    def __init__(self, model: Crf) -> None:
        self.model = model

    @classmethod
    def load(cls, folder: Path | None = None) -> LineCrf:
        """With the shipped parameters, or those of a folder."""
        return cls(Crf((folder or baselines_dir() / NAME) / "model.crfsuite"))

    def blocks(self, text: str) -> tuple[BoilerplateSpan, ...]:
        """The furniture of a page."""
        lines = lines_of(text)
        found: list[BoilerplateSpan] = []
        open_ = False
        for line, label in zip(lines, self.model(features(lines)), strict=True):
            if label == NONE:
                open_ = False
            elif open_ and found[-1].label == label:
                found[-1] = BoilerplateSpan(start=found[-1].start, end=line.end, label=label, id=found[-1].id)
            else:
                found.append(BoilerplateSpan(start=line.start, end=line.end, label=label, id=f"B{len(found) + 1}"))
                open_ = True
        return tuple(found)

    def __call__(self, texts: Iterable[Document]) -> Iterator[Document]:
        """Each document with a boilerplate layer."""
        for document in texts:
            yield Document(doc_id=document.doc_id, text_sha256=document.text_sha256, boilerplate=self.blocks(document.text or ""))
