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
        where = f"{self.doc_id}: {self.place}" if self.doc_id else self.place
        return f"{where}: {self.message} [{self.check}]; {self.remedy}"
