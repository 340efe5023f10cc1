"""Several files put in place as if in one step: prepared beside the corpus, then moved, and after a kill finished or undone.

Everything new is written into a folder beside the corpus (`staging`). The journal is the last file written there, whole or not at all: with it the addition counts. From then on
files are only moved, each by one rename; whoever finds a journal moves what is left. A folder without a journal is thrown away. So a kill at any point leaves either the corpus as
it was or, after `recover`, the corpus with the addition; and between two moves every file is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from conflictnews.errors import ConflictNewsError
from conflictnews.io.jsondoc import write_atomically

JOURNAL = "journal.json"


class Move(msgspec.Struct, frozen=True):
    """A file of the staging folder, where it goes (relative to the corpus's parent), its SHA-256, and that of the file it takes the place of."""

    source: str
    target: str
    sha256: str
    old: str | None


def staging(corpus: Path) -> Path:
    """The folder beside a corpus in which an addition is prepared."""
    corpus = corpus.resolve()
    return corpus.parent / f".{corpus.name}.adding"


@contextlib.contextmanager
def locked(corpus: Path) -> Iterator[None]:
    """Hold the corpus for one process; ConflictNewsError where another holds it. The lock goes when the process does."""
    try:
        import fcntl
    except ImportError:  # no such locks here: two additions at once are the user's to avoid
        yield
        return
    handle = os.open(corpus, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictNewsError(f"{corpus}: something is being added by another process; wait until it is done") from None
        yield
    finally:
        os.close(handle)


def commit(corpus: Path, files: Mapping[str, bytes]) -> None:
    """Put files in place: path relative to the corpus's parent -> bytes, in the order given. The corpus must be `locked`, and nothing of an earlier addition be left."""
    stage = staging(corpus)
    stage.mkdir()
    try:
        moves = []
        for number, (target, data) in enumerate(files.items()):
            _write(stage / f"{number}.new", data)
            moves.append(Move(f"{number}.new", target, hashlib.sha256(data).hexdigest(), _digest(corpus.resolve().parent / target)))
        write_atomically(stage / JOURNAL, msgspec.json.format(msgspec.json.encode(moves), indent=1) + b"\n")
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    _finish(corpus, moves)


def recover(corpus: Path) -> str:
    """Finish or undo an addition that was broken off; says which, in words, or gives an empty string where there is none.

    Raises ConflictNewsError where another process is adding at this moment, or a file that would be replaced was changed since.
    """
    stage = staging(corpus)
    if not stage.exists():
        return ""
    with locked(corpus):
        if not stage.exists():
            return ""
        journal = stage / JOURNAL
        if not journal.is_file():
            prepared = any(stage.iterdir())
            shutil.rmtree(stage)
            return "" if not prepared else f"an addition to {corpus} was broken off before anything was changed; what was prepared is thrown away"
        try:
            moves = msgspec.json.decode(journal.read_bytes(), type=list[Move])
        except msgspec.DecodeError as error:
            raise ConflictNewsError(f"{journal}: is no journal ({error}); look at what lies beside it, then delete the folder") from None
        _finish(corpus, moves)
    return f"an addition to {corpus} was broken off half-way; it is finished now"


def corpora_of(paths: Iterable[Path]) -> list[Path]:
    """The corpora that paths are, or lie in."""
    found: dict[Path, None] = {}
    for path in paths:
        here = path.resolve()
        for folder in (here, *here.parents):
            if (folder / "schema.json").is_file() and (folder / "documents").is_dir():
                found[folder] = None
                break
    return list(found)


def _finish(corpus: Path, moves: Iterable[Move]) -> None:
    """Move what has not been moved, then take the staging folder away, its journal first."""
    stage, parent = staging(corpus), corpus.resolve().parent
    left = [move for move in moves if (stage / move.source).exists()]
    for move in left:
        if _digest(parent / move.target) not in (move.old, move.sha256):
            raise ConflictNewsError(
                f"{parent / move.target}: was changed while an addition to {corpus} was under way; the new file is {stage / move.source}: put the old one back, and run this again"
            )
    for move in left:
        target = parent / move.target
        target.parent.mkdir(parents=True, exist_ok=True)
        _move(stage / move.source, target)
    _remove(stage / JOURNAL)
    shutil.rmtree(stage)


def _move(source: Path, target: Path) -> None:
    """The one step that changes the corpus: a rename within its file system."""
    source.replace(target)


def _remove(journal: Path) -> None:
    """The step after which nothing is left to do."""
    journal.unlink()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
