"""A folder with one pretty-printed ``.json`` file a document: the form that the corpus is kept in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from conflictnews.errors import DocumentError
from conflictnews.io.jsondoc import encode_document
from conflictnews.io.jsonl import iter_documents
from conflictnews.model import Document, id_fault


def read(path: Path) -> Iterator[Document]:
    """The documents under a folder, in order of file name, or the one in a ``.json`` file."""
    yield from iter_documents(path)


def write(documents: Iterable[Document], path: Path) -> None:
    """A file a document: ``path`` itself where it ends in ``.json`` and there is one document, else ``<doc_id>.json`` in the folder `path`, which must be new or empty."""
    from conflictnews.io.jsondoc import write_document

    found = list(documents)
    if path.suffix == ".json":
        if len(found) != 1:
            raise DocumentError(f"{path}: holds one document, there are {len(found)}; name a folder")
        write_document(found[0], path)
        return
    write_folder({f"{document.doc_id}.json": encode_document(document) for document in found if not _refused(document)}, path)


def _refused(document: Document) -> bool:
    fault = id_fault(document.doc_id)
    if fault:
        raise DocumentError(f"{document.doc_id}: {fault}")
    return False


def write_folder(files: dict[str, bytes], path: Path) -> None:
    """Put files into a folder, which must be new or empty: all of them or none (by way of a folder beside it)."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DocumentError(f"{path}: is there already and not an empty folder; name a new one, nothing is overwritten")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as temporary:
        place = Path(temporary) / "files"
        place.mkdir()
        for name, data in files.items():
            (place / name).write_bytes(data)
        if path.is_dir():
            path.rmdir()
        place.rename(path)


def losses(document: Document) -> Iterator[str]:
    """Nothing: the form is that of the model."""
    yield from ()
