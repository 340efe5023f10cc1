"""Standoff documents get their texts: from files of the user's, or by download, always by checksum.

corpus/sources.json lists the files that texts come from: name, SHA-256, reader, and where they are published. A standoff document's ``meta.origin``
names one of them and a record in it. Texts lie in the user's data folder, one UTF-8 file a document, and are checked again whenever they are read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from conflictnews.errors import HydrationError
from conflictnews.io.jsondoc import write_atomically
from conflictnews.model import Document, map_spans, text_sha256
from conflictnews.resources import corpus_dir, data_dir


class Source(msgspec.Struct, frozen=True):
    """A published file that texts are taken from; `member` is its path's end inside a tar archive at `url`."""

    file: str
    collection: str
    sha256: str
    reader: str
    url: str | None = None
    member: str | None = None


def _read_csv(data: bytes) -> dict[str, str]:
    """Row number (from 0) -> the column ``text``."""
    limit = csv.field_size_limit(10**9)
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""))
        return {str(number): row["text"] for number, row in enumerate(rows)}
    finally:
        csv.field_size_limit(limit)


def _read_muc(data: bytes) -> dict[str, str]:
    """Message id -> the lines up to the next id, without the blank ones around them, with one final line end."""
    parts = re.split(r"^(TST\d-MUC\d-\d{4})\n", data.decode("utf-8"), flags=re.MULTILINE)
    return {parts[i]: parts[i + 1].strip("\n") + "\n" for i in range(1, len(parts), 2)}


def _read_page(data: bytes) -> dict[str, str]:
    """The whole file is one text, called ``page``."""
    return {"page": data.decode("utf-8")}


READERS: dict[str, Callable[[bytes], dict[str, str]]] = {"csv": _read_csv, "muc": _read_muc, "page": _read_page}
"""How a source file is cut into records."""


def load_sources() -> tuple[Source, ...]:
    """The source files that the corpus knows."""
    return tuple(msgspec.json.decode((corpus_dir() / "sources.json").read_bytes(), type=list[Source]))


def texts_dir() -> Path:
    """Where hydrated texts lie."""
    return data_dir() / "texts"


def text_path(document: Document) -> Path:
    """Where the text of this standoff document lies once hydrated."""
    return texts_dir() / f"{document.doc_id}.txt"


def hydrated(document: Document) -> Document | None:
    """The document with its text, or None where it was not hydrated; raises HydrationError where the text on disk is not the annotated one."""
    path = text_path(document)
    if not path.is_file():
        return None
    text = path.read_bytes().decode("utf-8", errors="replace")
    if text_sha256(text) != document.text_sha256:
        raise HydrationError(f"{document.doc_id}: {path} is not the text that was annotated; delete it and run `conflictnews hydrate` again")
    return with_text(document, text)


def with_text(document: Document, text: str) -> Document:
    """A standoff document with its text and every surface filled in from it."""
    replace = msgspec.structs.replace
    return replace(map_spans(document, lambda span: replace(span, surface=text[span.start : span.end])), text=text)


def strip_text(document: Document) -> Document:
    """The standoff form of a document: no text and no surfaces; the inverse of `with_text`."""
    if document.text is None:
        return document
    replace = msgspec.structs.replace
    return replace(map_spans(document, lambda span: replace(span, surface=None)), text=None, text_sha256=text_sha256(document.text))


def identify(path: Path, sources: Iterable[Source], *, expected: str | None = None) -> tuple[Source, bytes]:
    """Which source a file is, by its checksum, and its bytes; raises HydrationError for any other file, or one of another collection than `expected`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HydrationError(f"{path}: cannot be read ({error.strerror})") from error
    return check_source(data, sources, where=str(path), expected=expected), data


def check_source(data: bytes, sources: Iterable[Source], *, where: str, expected: str | None = None) -> Source:
    """The source with the checksum of `data`; see `identify`."""
    digest = hashlib.sha256(data).hexdigest()
    known = [s for s in sources if expected in (None, s.collection)]
    for source in known:
        if source.sha256 == digest:
            return source
    wanted = "; ".join(f"{s.file} has {s.sha256[:12]}…" for s in known)
    raise HydrationError(f"{where}: the checksum {digest[:12]}… is that of no {expected or 'known'} source file ({wanted}); nothing was written")


def hydrate(files: Iterable[tuple[Source, bytes]], documents: Iterable[Document]) -> list[str]:
    """Write the texts that `files` hold for `documents`; gives the ids that were hydrated.

    Everything is read and checked against each document's ``text_sha256`` before the first file is written; each is written whole or not at all.
    """
    records = {source.file: READERS[source.reader](data) for source, data in files}
    ready: list[tuple[Document, str]] = []
    for document in documents:
        origin = document.meta.get("origin") or {}
        if document.text is not None or origin.get("file") not in records:
            continue
        text = records[origin["file"]].get(str(origin.get("record")))
        if text is None or text_sha256(text) != document.text_sha256:
            raise HydrationError(f"{document.doc_id}: {origin['file']} has no record {origin.get('record')} with the annotated text; nothing was written")
        ready.append((document, text))
    for document, text in ready:
        write_atomically(text_path(document), text.encode("utf-8"))
    return [document.doc_id for document, _ in ready]


def download(source: Source, *, progressbar: bool = True) -> bytes:
    """The bytes of a source file from its pinned address, checked; raises HydrationError when it cannot be had or is another file."""
    if source.url is None:
        raise HydrationError(f"{source.file} is published nowhere that we may fetch it from; give your own copy with --{source.collection} FILE")
    import pooch

    with tempfile.TemporaryDirectory(prefix="conflictnews-") as folder:
        known = None if source.member else f"sha256:{source.sha256}"
        try:
            path = Path(pooch.retrieve(source.url, known_hash=known, path=folder, fname="download", progressbar=_Bar(source.file) if progressbar else False))
            data = _member(path, source.member) if source.member else path.read_bytes()
        except HydrationError:
            raise
        except Exception as error:  # pooch raises whatever its client does: connection, status, checksum
            raise HydrationError(f"{source.file}: could not be fetched from {source.url} ({error}); nothing was written") from error
    check_source(data, [source], where=source.url)
    return data


def _member(path: Path, ending: str) -> bytes:
    """The file in a tar archive whose path ends in `ending`; only read, never unpacked to disk."""
    with tarfile.open(path) as archive:
        for info in archive:
            if info.isfile() and info.name.endswith(ending):
                file = archive.extractfile(info)
                if file:
                    return file.read()
    raise HydrationError(f"the archive holds no {ending}")


class _Bar:
    """A rich progress bar with the interface that pooch asks for."""

    def __init__(self, name: str) -> None:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        self._progress = Progress(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), transient=True)
        self._task = self._progress.add_task(name, total=None)
        self._total = 0

    @property
    def total(self) -> int:
        """Bytes expected."""
        return self._total

    @total.setter
    def total(self, value: int) -> None:
        self._total = int(value)
        self._progress.update(self._task, total=self._total or None)
        self._progress.start()

    def update(self, amount: int) -> None:
        """`amount` more bytes have come."""
        self._progress.advance(self._task, amount)

    def reset(self) -> None:
        """Back to the start."""
        self._progress.reset(self._task)

    def close(self) -> None:
        """Done."""
        self._progress.stop()


def how_to_hydrate(missing: int, total: int) -> str:
    """What to run when `missing` of `total` texts are not on this machine."""
    return (
        f"{missing} of {total} texts of test_real are not on this machine (they may not be redistributed). Run\n"
        "    conflictnews hydrate --download                                  (Wikinews and MUC-4, from their publishers)\n"
        "    conflictnews hydrate --wikinews FILE --muc4 FILE --morning-star FILE   (your own copies)\n"
        "    conflictnews hydrate --from DIR                                  (a folder that holds them)"
    )
