"""The file that a finished shard leaves behind: its counts, and what they were counted from."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path

import msgspec

from conflictnews.errors import ScoringError
from conflictnews.io.jsondoc import write_atomically
from conflictnews.shards.counts import Configuration, Counted, Counts, count_documents, differing
from conflictnews.shards.survey import Shard, Survey, documents_of

FORMAT = "conflictnews-shard/1"
SUFFIX = ".counts.json"


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    shard: str
    gold: str
    predicted: str
    missing: tuple[str, ...]
    incomplete: dict[str, tuple[str, ...]]
    warnings: tuple[str, ...]
    counts: msgspec.Raw


def record_path(folder: Path, name: str) -> Path:
    """Where the counts of the shard called `name` are."""
    return folder / f"{name}{SUFFIX}"


def count_shard(shard: Shard, seen: Survey, configuration: Configuration, folder: Path) -> None:
    """Count one shard and put its file into `folder`, whole or not at all."""
    collecting = gc.isenabled()
    gc.disable()  # the documents all stay until they are counted: looking for garbage among them would be in vain
    try:
        found = count_documents(configuration, documents_of(shard.gold), documents_of(shard.predicted))
    except ScoringError as error:
        raise ScoringError(f"shard {shard.name}: {error}", doc_id=error.doc_id) from None
    finally:
        if collecting:
            gc.enable()
    wire = _Wire(FORMAT, shard.name, seen.gold, seen.predicted, found.missing, found.incomplete, found.warnings, msgspec.Raw(found.counts.to_json()))
    write_atomically(record_path(folder, shard.name), msgspec.json.encode(wire) + b"\n")


class Unusable(ScoringError):
    """The file of a shard is cut short, or was counted from other documents: the shard is to be counted again."""


def read_record(shard: Shard, seen: Survey, configuration: Configuration, folder: Path) -> Counted:
    """What `count_shard` left behind for this shard.

    Raises Unusable where the file is damaged or older than the shard's documents, and ScoringError where it belongs to another scoring or to another shard, so that
    counting again would overwrite what somebody may want.
    """
    path = record_path(folder, shard.name)
    try:
        wire = msgspec.json.decode(path.read_bytes(), type=_Wire)
        if wire.format != FORMAT:
            raise ScoringError(f"its format is {wire.format}, not {FORMAT}")
        counts = Counts.from_json(wire.counts)
    except OSError as error:
        raise ScoringError(f"{path}: cannot be read ({error.strerror}); the folder must be one that every machine sees") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ScoringError) as error:
        raise Unusable(f"{path}: the file is damaged or cut short ({error})") from None
    if wire.shard != shard.name:
        raise ScoringError(f"{path}: holds the counts of the shard {wire.shard}: a copy under another name; delete it")
    difference = differing(counts.configuration, configuration)
    if difference:
        raise ScoringError(f"{path}: was counted in another way: it differs from this run in {difference}; give another work folder, or delete the file")
    if (wire.gold, wire.predicted) != (seen.gold, seen.predicted):
        raise Unusable(f"{path}: was counted before the {'predictions' if wire.gold == seen.gold else 'gold documents'} of the shard changed")
    if (counts.documents, counts.id_sum) != (seen.documents, seen.id_sum):
        raise ScoringError(f"{path}: counts {counts.documents} documents whose ids are not the {seen.documents} of the shard {shard.name}; delete the file")
    return Counted(counts, wire.missing, wire.incomplete, wire.warnings)


def refuse_strangers(folder: Path, shards: Sequence[Shard]) -> None:
    """Raise ScoringError where `folder` has the counts of shards that are not among these."""
    strangers = sorted({path.name for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith(".")} - {record_path(folder, shard.name).name for shard in shards})
    if strangers:
        raise ScoringError(f"{folder}: holds counts of shards that are not part of this run ({_some(strangers)}); give another work folder, or delete them")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
