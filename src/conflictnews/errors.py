"""The errors of conflictnews: each message names the document, the place and the way out."""


class ConflictNewsError(Exception):
    """Base of all errors raised on purpose; the command line shows its message and exits with 2."""


class SchemaError(ConflictNewsError):
    """schema.json is missing, unreadable or contradicts itself."""


class DocumentError(ConflictNewsError):
    """A document cannot be read, or its annotations do not fit its text."""


class AlignmentError(ConflictNewsError):
    """An annotation given by its words cannot be found in the text."""


class ScoringError(ConflictNewsError):
    """Gold and predictions cannot be compared; `doc_id` is the document that stands in the way, where it is one."""

    def __init__(self, message: str, *, doc_id: str | None = None) -> None:
        super().__init__(message)
        self.doc_id = doc_id


class HydrationError(ConflictNewsError):
    """The text of a standoff document is not on this machine, or is not the right one."""


class MissingExtraError(ConflictNewsError):
    """A feature needs an optional dependency that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f'{feature} needs the optional part "{extra}": pip install "conflictnews[{extra}]"')
