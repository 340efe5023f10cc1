"""Boilerplate, floor: keywords for each kind of furniture, and the look of a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from conflictnews.baselines.parameters import read_parameters
from conflictnews.model import BoilerplateSpan, Document

NAME = "boilerplate-rules"


class LineRules:
    """The loaded baseline: the first rule whose pattern is found in a line names its kind; neighbouring lines of a kind are one block."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.rules: list[tuple[str, re.Pattern[str], int]] = [
            (str(rule["label"]), re.compile(rule["pattern"], re.IGNORECASE), int(rule.get("max_words", 40))) for rule in parameters["rules"]
        ]
        self.menu, self.separators = parameters["menu_label"], re.compile(parameters["menu_separators"])

    @classmethod
    def load(cls) -> LineRules:
        """With the shipped rules."""
        return cls(read_parameters(NAME, "rules.json"))

    def __call__(self, texts: Iterable[Document]) -> Iterator[Document]:
        """Each document with a boilerplate layer."""
        for document in texts:
            blocks: list[BoilerplateSpan] = []
            at, open_ = 0, False
            for line in (document.text or "").split("\n"):
                start, end = at, at + len(line)
                at = end + 1
                if not line.strip():
                    continue
                label = self.kind(line)
                if label is None:
                    open_ = False
                    continue
                if open_ and blocks[-1].label == label:
                    blocks[-1] = BoilerplateSpan(start=blocks[-1].start, end=end, label=label, id=blocks[-1].id)
                else:
                    blocks.append(BoilerplateSpan(start=start, end=end, label=label, id=f"B{len(blocks) + 1}"))
                open_ = True
            yield Document(doc_id=document.doc_id, text_sha256=document.text_sha256, boilerplate=tuple(blocks))

    def kind(self, line: str) -> str | None:
        """The kind of furniture that a line looks like, or None."""
        words = line.split()
        for label, pattern, limit in self.rules:
            if len(words) <= limit and pattern.search(line):
                return label
        if len(self.separators.findall(line)) >= 2 and len(words) <= 30:
            return str(self.menu)
        return None
