"""Every file format there is, in one table; looking at the table loads nothing."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from conflictnews.errors import ConflictNewsError

if TYPE_CHECKING:
    from conflictnews.io.problem import Problem
    from conflictnews.model import Document

    LenientReader = Callable[..., Iterator[tuple[Document, list[Problem]]]]


class Module(Protocol):
    """What the module of a format holds.

    A reader that can go on after a fault has one function more, `read_lenient` (see `lenient_reader`). A reader may take keywords: ``layer``, the layer that spans of other
    people's files belong to, and ``annotator`` or ``session``, whose answers are wanted where a file has those of several.
    """

    def read(self, path: Path) -> Iterator[Document]:
        """The documents of a file or folder, in its order; an error names file, place and the way out."""

    def write(self, documents: Iterable[Document], path: Path) -> None:
        """Documents as a file or folder, whole or not at all."""

    def losses(self, document: Document) -> Iterator[str]:
        """What of a document the format cannot carry, a line each ("3 nested mentions"); nothing where it comes back identical."""


def lenient_reader(module: Module) -> LenientReader | None:
    """The function ``read_lenient(path, *, strict=False)`` of a format that has one: each document with its problems (`conflictnews.io.problem`).

    A faulty line is mended or left out, and its problem says which. With `strict` a fault is an error, as in `read`, and the problems are those that `read` mends without a word.
    """
    return cast("LenientReader | None", getattr(module, "read_lenient", None))


class Format(NamedTuple):
    """A format: what it is, the module that reads and writes it, how its files are named, what it carries, and the extra that it needs.

    `layers` are those that it carries, all of them where none is named. `lossless` formats give back every document that they take as it was; of the others `losses` says what
    goes. With `folder` a path is a folder of files, known by `marks`, the names of files that it holds, where it has such; without `words` it takes documents that have no text.
    `imports` is what the extra brings, where that is not called as it is. Documents to annotate go out with empty layers, which say that their labels are wanted; not with `opened`
    off, where an empty layer would be taken for somebody's answer.
    """

    title: str
    module: str
    suffixes: tuple[str, ...]
    layers: tuple[str, ...] = ()
    lossless: bool = True
    folder: bool = False
    marks: tuple[str, ...] = ()
    extra: str = ""
    words: bool = True
    imports: str = ""
    opened: bool = True

    @property
    def installed(self) -> bool:
        """Whether the extra that it needs is on this machine."""
        return not self.extra or importlib.util.find_spec(self.imports or self.extra) is not None

    def load(self) -> Module:
        """The module, imported now; ConflictNewsError, with the command that installs what is missing, where it cannot be."""
        try:
            return cast(Module, importlib.import_module(self.module))
        except ImportError as error:
            if not self.extra:
                raise
            raise ConflictNewsError(f'this format needs {error.name}: python -m pip install "conflictnews[{self.extra}]"') from None


FORMATS: dict[str, Format] = {
    "json": Format("one pretty-printed document a file: the form of the corpus", "conflictnews.io.json_folder", (".json",), folder=True, words=False),
    "jsonl": Format("one document a line: the form of predictions", "conflictnews.io.jsonl", (".jsonl",), words=False),
    "parquet": Format("one document a row, the layers nested: the form of the corpus on Hugging Face", "conflictnews.io.parquet", (".parquet",), words=False),
    "xmi": Format("UIMA CAS XMI with its type system, for INCEpTION", "conflictnews.io.xmi", (".xmi",), folder=True, extra="xmi", imports="cassis"),
    "inline": Format("the text with tags in it, for a text editor", "conflictnews.io.inline", (".inline.txt",), folder=True),
    "brat": Format("brat standoff: text and .ann files with their configuration", "conflictnews.io.brat", (".ann",), lossless=False, folder=True),
    "iob": Format("tokens in columns with IOB2 tags: outermost mentions", "conflictnews.io.iob", (".conll", ".iob"), layers=("entities",), lossless=False),
    "prodigy": Format("tasks of Prodigy, a file for each pass of annotation", "conflictnews.io.prodigy", (".prodigy.jsonl",), folder=True, extra="prodigy", imports="murmurhash"),
    "labelstudio": Format(
        "tasks of Label Studio with a labelling screen for them",
        "conflictnews.io.labelstudio",
        (".labelstudio.json",),
        folder=True,
        marks=("config.xml", "tasks.json"),
        opened=False,
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
            raise ConflictNewsError(
                f"{document.doc_id}: has no text, and {what} carries the words; fill texts in first, with `conflictnews hydrate` or, where you have them, `conflictnews convert --texts`"
            )
