"""What rule baselines share: sentences and paragraphs by position, without a model."""

from __future__ import annotations

import re
from bisect import bisect_right

_BREAK = re.compile(r"\n\s*\n|(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9])")


class Sentences:
    """Where the sentences of a text begin: after final punctuation before a capital, and after blank lines."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(m.end() for m in _BREAK.finditer(text))]

    def index(self, offset: int) -> int:
        """The number of the sentence that `offset` stands in."""
        return bisect_right(self.starts, offset) - 1
