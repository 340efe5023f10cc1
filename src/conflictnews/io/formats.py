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

    `lossless` formats give back every document that they take as it was; of the others `losses` says what goes. With `folder` a path is a folder of files, known by `marks`, the
    names of files that it holds, where it has such.
    """

    title: str
    module: str
    suffixes: tuple[str, ...]
    layers: tuple[str, ...] = LAYERS
    lossless: bool = True
    folder: bool = False
    marks: tuple[str, ...] = ()
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
    "parquet": Format("one document a row, the layers nested: the form of the corpus on Hugging Face", "conflictnews.io.parquet", (".parquet",)),
    "xmi": Format("UIMA CAS XMI with its type system, for INCEpTION", "conflictnews.io.xmi", (".xmi",), folder=True, extra="xmi"),
    "inline": Format("the text with tags in it, for a text editor", "conflictnews.io.inline", (".inline.txt",), folder=True),
    "brat": Format("brat standoff: text and .ann files with their configuration", "conflictnews.io.brat", (".ann",), lossless=False, folder=True),
    "iob": Format("tokens in columns with IOB2 tags: outermost mentions", "conflictnews.io.iob", (".conll", ".iob"), layers=LAYERS[:1], lossless=False),
    "prodigy": Format("tasks of Prodigy, a file for each pass of annotation", "conflictnews.io.prodigy", (".prodigy.jsonl",), folder=True, extra="prodigy"),
    "labelstudio": Format(
        "tasks of Label Studio with a labelling screen for them", "conflictnews.io.labelstudio", (".labelstudio.json",), folder=True, marks=("config.xml", "tasks.json")
    ),
    "spacy": Format("spaCy's DocBin: entities and span groups on tokens", "conflictnews.io.spacy", (".spacy",), extra="spacy"),
}


def format_of(path: Path, wanted: str = "") -> tuple[str, Format]:
    """Name and entry of the format `wanted`, or else of the one that the name of `path` tells."""
    if wanted:
        if wanted not in FORMATS:
            raise ConflictNewsError(f"there is no format {wanted!r}; the formats are {', '.join(FORMATS)}")
        return wanted, FORMATS[wanted]
    longest = {name: max((len(suffix) for suffix in entry.suffixes if path.name.endswith(suffix)), default=0) for name, entry in FORMATS.items()}
    fitting = [name for name, length in longest.items() if length and length == max(longest.values())]
    if not fitting and path.is_dir():
        fitting = [name for name, entry in FORMATS.items() if entry.marks and all((path / mark).is_file() for mark in entry.marks)]
    if not fitting and path.is_dir():
        inside = [file.name for file in path.iterdir()]
        fitting = [name for name, entry in FORMATS.items() if entry.folder and any(file.endswith(suffix) for file in inside for suffix in entry.suffixes)]
    if len(fitting) != 1:
        why = f"could be {' or '.join(fitting)}" if fitting else "does not tell its format"
        raise ConflictNewsError(f"{path}: the name {why}; say it with --from or --to, one of {', '.join(FORMATS)}")
    return fitting[0], FORMATS[fitting[0]]


def refuse_standoff(documents: Sequence[Document], what: str) -> None:
    """ConflictNewsError where a document has no text though the format needs it."""
    for document in documents:
        if document.text is None:
            raise ConflictNewsError(f"{document.doc_id}: has no text, and {what} carries the words; fill texts in with `conflictnews hydrate` first")
