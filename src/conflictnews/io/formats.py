"""Every file format there is, in one table."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, cast

import msgspec

from conflictnews.errors import ConflictNewsError
from conflictnews.model import LAYERS, Document


class Module(Protocol):
    """What the module of a format holds."""

    def read(self, path: Path) -> Iterator[Document]:
        """The documents of a file or folder, in its order; an error names file, place and the way out."""

    def write(self, documents: Iterable[Document], path: Path) -> None:
        """Documents as a file or folder, whole or not at all."""

    def losses(self, document: Document) -> Iterator[str]:
        """What of a document the format cannot carry, a line each ("3 nested mentions"); nothing where it comes back identical."""


class Format(msgspec.Struct, frozen=True):
    """A format: what it is, the module that reads and writes it, how its files are named, what it carries, and the extra that it needs.

    `lossless` formats give back every document that they take as it was; of the others `losses` says what goes. With `folder` a path is a folder of files.
    """

    title: str
    module: str
    suffixes: tuple[str, ...]
    layers: tuple[str, ...] = LAYERS
    lossless: bool = True
    folder: bool = False
    extra: str = ""

    def load(self) -> Module:
        """The module, imported now; ConflictNewsError, with the command that installs what is missing, where it cannot be."""
        try:
            return cast(Module, importlib.import_module(self.module))
        except ImportError as error:
            if not self.extra:
                raise
            raise ConflictNewsError(f'this format needs {error.name}: python -m pip install "conflictnews[{self.extra}]"') from None


FORMATS: dict[str, Format] = {
    "json": Format("one pretty-printed document a file: the form of the corpus", "conflictnews.io.json_folder", (".json",), folder=True),
    "jsonl": Format("one document a line: the form of predictions", "conflictnews.io.jsonl", (".jsonl",)),
    "spacy": Format("spaCy's DocBin: entities and span groups on tokens", "conflictnews.io.spacy", (".spacy",), extra="spacy"),
}


def format_of(path: Path, wanted: str = "") -> tuple[str, Format]:
    """Name and entry of the format `wanted`, or else of the one that the name of `path` tells."""
    if wanted:
        if wanted not in FORMATS:
            raise ConflictNewsError(f"there is no format {wanted!r}; the formats are {', '.join(FORMATS)}")
        return wanted, FORMATS[wanted]
    fitting = [name for name, entry in FORMATS.items() if any(path.name.endswith(suffix) for suffix in entry.suffixes)]
    if not fitting and path.is_dir():
        inside = {suffix for file in path.iterdir() for suffix in (file.suffix,)}
        fitting = [name for name, entry in FORMATS.items() if entry.folder and inside.intersection(entry.suffixes)]
    if len(fitting) != 1:
        why = f"could be {' or '.join(fitting)}" if fitting else "does not tell its format"
        raise ConflictNewsError(f"{path}: the name {why}; say it with --from or --to, one of {', '.join(FORMATS)}")
    return fitting[0], FORMATS[fitting[0]]


def refuse_standoff(documents: Sequence[Document], what: str) -> None:
    """ConflictNewsError where a document has no text though the format needs it."""
    for document in documents:
        if document.text is None:
            raise ConflictNewsError(f"{document.doc_id}: has no text, and {what} carries the words; fill texts in with `conflictnews hydrate` first")
