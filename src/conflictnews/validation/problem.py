"""What a check finds."""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong with a document: which check, where, what, and how to mend it."""

    check: str
    doc_id: str
    place: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.doc_id}: {self.place}: {self.message} [{self.check}]; {self.remedy}"
