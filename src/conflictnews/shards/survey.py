"""What a shard holds, looked at from outside: ids, layers and checksums, without reading a single annotation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from conflictnews.errors import DocumentError, ScoringError
from conflictnews.io.jsondoc import decode_document
from conflictnews.io.jsonl import encode_line, iter_documents
from conflictnews.model import LAYERS, Document
from conflictnews.shards.poisson import Keys, keys_of

Side = Path | tuple[Document, ...]
"""The documents of one side of a shard: in a JSONL file, or at hand."""


class Shard(msgspec.Struct, frozen=True):
    """Some of the documents under a name that is theirs alone: gold, and what was predicted for them."""

    name: str
    gold: Side
    predicted: Side


class Survey(msgspec.Struct, frozen=True):
    """What a shard holds: the hashes of its gold ids (8 bytes each), the sum of the hashes of its gold documents, a checksum of each side, and their layers."""

    keys: bytes
    documents_sum: int
    gold: str
    predicted: str
    in_gold: tuple[str, ...]
    attempted: tuple[str, ...]
    n_predicted: int

    @property
    def documents(self) -> int:
        """How many gold documents there are."""
        return len(self.keys) // 8

    @property
    def id_sum(self) -> int:
        """The sum of the hashes of their ids, mod 2**64."""
        return int(_keys(self.keys).sum(dtype=np.uint64))


def documents_of(side: Side) -> tuple[Document, ...]:
    """The documents of one side of a shard."""
    return tuple(iter_documents(side)) if isinstance(side, Path) else side


def survey(shard: Shard) -> Survey:
    """A look at both sides of a shard. DocumentError, with file and line, for a line that is no document at all."""
    ids, in_gold, gold, documents_sum = _look(shard.gold)
    predicted_ids, attempted, predicted, _ = _look(shard.predicted)
    keys = keys_of(ids).astype("<u8").tobytes()
    return Survey(keys, documents_sum, gold, predicted, in_gold, attempted, len(predicted_ids))


def refuse_doubles(shards: Sequence[Shard], surveys: Sequence[Survey]) -> None:
    """Raise ScoringError where a gold document is in two shards, or twice in one."""
    keys = np.concatenate([_keys(s.keys) for s in surveys])
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    if not len(same):
        return
    owner = np.repeat(np.arange(len(shards)), [s.documents for s in surveys])
    for i in same.tolist():
        first, second = shards[owner[order[i]]], shards[owner[order[i + 1]]]
        ids = _look(first.gold)[0]
        both = {d for d in ids if ids.count(d) > 1} if first is second else set(ids) & set(_look(second.gold)[0])
        if both:
            where = f"twice in the gold of {first.name}" if first is second else f"in the gold of {first.name} and of {second.name}"
            more = f" (and {len(both) - 1} more)" if len(both) > 1 else ""
            raise ScoringError(f"{min(both)} is {where}{more}; each document is given once", doc_id=min(both))


def digest_of(surveys: Sequence[Survey]) -> str:
    """SHA-256 over all the gold documents, whatever their order and however they are parted into shards."""
    return hashlib.sha256((sum(s.documents_sum for s in surveys) % (1 << 256)).to_bytes(32, "big")).hexdigest()


class _Outline(msgspec.Struct, frozen=True):
    """A document with its layers left unread."""

    doc_id: str
    entities: msgspec.Raw = msgspec.Raw(b"null")
    events: msgspec.Raw = msgspec.Raw(b"null")
    quotes: msgspec.Raw = msgspec.Raw(b"null")
    boilerplate: msgspec.Raw = msgspec.Raw(b"null")


_OUTLINES = msgspec.json.Decoder(_Outline)


def _look(side: Side) -> tuple[list[str], tuple[str, ...], str, int]:
    """Ids, the layers that some document has, the checksum, and the sum of the hashes of the documents, mod 2**256."""
    ids, layers, checksum, total = [], set[str](), hashlib.sha256(), 0
    for where, line in _lines(side):
        outline = _outline(line, where)
        ids.append(outline.doc_id)
        layers |= {layer for layer in LAYERS if layer not in layers and bytes(getattr(outline, layer)) != b"null"}
        digest = hashlib.sha256(line).digest()
        checksum.update(digest)
        total += int.from_bytes(digest, "big")
    return ids, tuple(layer for layer in LAYERS if layer in layers), checksum.hexdigest(), total % (1 << 256)


def _lines(side: Side) -> Iterator[tuple[str, bytes]]:
    """Each document as JSON without white space around it, and where it stands."""
    if not isinstance(side, Path):
        yield from ((document.doc_id, encode_line(document).strip()) for document in side)
        return
    try:
        with side.open("rb") as file:
            for number, line in enumerate(file, 1):
                stripped = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
                if stripped:
                    yield f"{side}, line {number}", stripped
    except OSError as error:
        raise DocumentError(f"{side}: cannot be read ({error.strerror})") from error


def _outline(line: bytes, where: str) -> _Outline:
    try:
        return _OUTLINES.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        decode_document(line, where)  # says what is wrong, and where
        raise DocumentError(f"{where}: no document") from None


def _keys(data: bytes) -> Keys:
    return np.frombuffer(data, dtype="<u8").astype(np.uint64, copy=False)
