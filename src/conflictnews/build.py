"""Everything that is built from corpus/documents: Parquet, manifest, JSON Schema, and the YAML head and figures of the card.

The same documents and library versions give the same bytes; `build` writes them, `differences` says what is not as it would be written.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.columns import META
from conflictnews.corpus import SPLITS, iter_paths
from conflictnews.croissant import croissant
from conflictnews.errors import ConflictNewsError
from conflictnews.io.jsondoc import json_schema, load_document, write_atomically
from conflictnews.model import LAYERS, Document, spans_of, text_sha256
from conflictnews.report.agreement import compared_markdown
from conflictnews.report.stats import stats_markdown
from conflictnews.resources import corpus_dir
from conflictnews.schema import Schema, read_schema
from conflictnews.stats import TextFigures, statistics
from conflictnews.tables import CONFIGS, HF_SPLITS, make_table, ner_tags, yaml_feature

SHOWN = ("Pages", "Words a page", "Densities", "Genres of composed pages", "Regions of composed pages", "Event types", "Kinds of furniture")
"""The tables of statistics that the card shows."""


def build(root: Path | None = None) -> list[str]:
    """Write everything that is built; gives the paths that changed, relative to the corpus."""
    root = root or corpus_dir()
    changed = differences(root)
    files = built_files(root)
    for name in changed:
        if name in files:
            write_atomically(root / name, files[name])
        else:
            (root / name).unlink()
    return changed


def differences(root: Path | None = None) -> list[str]:
    """The built files that are missing, stale or not built any more, relative to the corpus.

    A Parquet file written by another version of the Arrow library is compared by its rows and metadata, any other file byte for byte.
    """
    root = root or corpus_dir()
    files = built_files(root)
    stale = [name for name, data in files.items() if not is_same(root / name, data)]
    extra = [str(path.relative_to(root).as_posix()) for path in root.joinpath("data").rglob("*.parquet")]
    return sorted({*stale, *(name for name in extra if name not in files)})


def is_same(path: Path, data: bytes) -> bool:
    """Whether the built file at `path` holds `data`, or the same rows as written by another version of the Arrow library."""
    if not path.is_file():
        return False
    have = path.read_bytes()
    if have == data or path.suffix != ".parquet":
        return have == data
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        old, new = pq.ParquetFile(io.BytesIO(have)), pq.ParquetFile(io.BytesIO(data))
    except pa.ArrowInvalid:
        return False
    if old.metadata.created_by == new.metadata.created_by:
        return False
    return bool(old.read().equals(new.read(), check_metadata=True))


def built_files(root: Path) -> dict[str, bytes]:
    """Path relative to the corpus -> the bytes that belong there."""
    import pyarrow.parquet as pq

    schema = read_schema(root / "schema.json")
    about = _about(root)
    documents = {split: [load_document(path) for path in iter_paths(split, root=root)] for split in SPLITS}
    _check_splits(documents)
    _check_documents(documents)
    files: dict[str, bytes] = {}
    rows: dict[str, dict[str, int]] = {}
    for config in CONFIGS:
        for split, members in documents.items():
            table = make_table(config, members, schema, canary=about.canary)
            if not table.num_rows:
                continue
            sink = io.BytesIO()
            pq.write_table(table, sink, compression="zstd", use_dictionary=True, write_statistics=True, store_schema=True, version="2.6")
            files[f"data/{config}/{HF_SPLITS[split]}.parquet"] = sink.getvalue()
            rows.setdefault(config, {})[HF_SPLITS[split]] = table.num_rows
    digests = {split: {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in iter_paths(split, root=root)} for split in SPLITS}
    digest = hashlib.sha256("\n".join(f"{split}/{name} {value}" for split in SPLITS for name, value in digests[split].items()).encode()).hexdigest()
    manifest = {
        "version": about.version,
        "canary": about.canary,
        "schema_version": schema.schema_version,
        "digest": digest,
        "splits": {split: split_counts(members) for split, members in documents.items()},
        "statistics": statistics(documents, load_text_figures(root), schema),
        "documents": digests,
    }
    files["manifest.json"] = _pretty(manifest)
    files["croissant.json"] = _pretty(croissant(files, version=about.version, date=about.date, canary=about.canary))
    files["document.schema.json"] = _pretty(json_schema())
    files["README.md"] = _card(root, schema, rows, files, manifest)
    return files


def split_counts(documents: Iterable[Document]) -> dict[str, Any]:
    """How many documents, words (where the text is at hand), and annotations of each label a split has."""
    documents = list(documents)
    counts: dict[str, Any] = {"documents": len(documents), "words": sum(len(d.text.split()) for d in documents if d.text is not None)}
    counts["collections"] = dict(sorted(Counter(str(d.meta.get("collection")) for d in documents).items()))
    for layer in LAYERS:
        members = [a for d in documents for a in d.layer(layer) or ()]
        labels = Counter(str(a.type if layer == "quotes" else a.label) for a in members)
        counts[layer] = {"total": len(members), "labels": dict(sorted(labels.items()))}
    counts["entities"]["levels"] = dict(sorted(Counter(str(e.level) for d in documents for e in d.entities or ()).items()))
    counts["events"]["factuality"] = dict(sorted(Counter(str(v.factuality) for d in documents for v in d.events or ()).items()))
    counts["events"]["arguments"] = dict(sorted(Counter(a.role for d in documents for v in d.events or () for a in v.arguments).items()))
    return counts


def corpus_statistics(root: Path | None = None) -> dict[str, Any]:
    """The figures of a corpus, counted from its documents; see `conflictnews.stats.statistics`."""
    root = root or corpus_dir()
    documents = {split: [load_document(path) for path in iter_paths(split, root=root)] for split in SPLITS}
    return statistics(documents, load_text_figures(root), read_schema(root / "schema.json"))


def load_manifest_of(root: Path | None = None) -> dict[str, Any]:
    """The manifest as it lies in a corpus, empty where there is none."""
    path = (root or corpus_dir()) / "manifest.json"
    manifest: dict[str, Any] = msgspec.json.decode(path.read_bytes()) if path.is_file() else {}
    return manifest


def load_text_figures(root: Path | None = None) -> dict[str, TextFigures]:
    """doc_id -> what was measured on its text, for the documents that are shipped without theirs; empty where nothing was measured."""
    path = (root or corpus_dir()) / "text_figures.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, TextFigures]) if path.is_file() else {}
    except msgspec.DecodeError as error:
        raise ConflictNewsError(f"{path}: {error}; delete it and run scripts/texts with the texts hydrated") from None


class About(msgspec.Struct, frozen=True):
    """What corpus.json says by hand: the corpus version, the day of it (ISO 8601), and the canary that every data file carries."""

    version: str
    date: str
    canary: str


def _about(root: Path) -> About:
    path = root / "corpus.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=About)
    except OSError as error:
        raise ConflictNewsError(f"{path}: cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConflictNewsError(f"{path}: {error}") from None


def _check_documents(documents: dict[str, list[Document]]) -> None:
    """Raise for the first document whose offsets, words and checksum do not hold together, or whose metadata have no place in a table."""
    for split, members in documents.items():
        for document in members:
            text = document.text
            if text is not None and text_sha256(text) != document.text_sha256:
                raise ConflictNewsError(f"{split}/{document.doc_id}: the text is not the one with this text_sha256; run `conflictnews validate` on it")
            for place, start, end, surface in spans_of(document):
                if surface != (None if text is None else text[start:end]):
                    raise ConflictNewsError(f"{split}/{document.doc_id}: {place}: the surface does not fit the text; run `conflictnews validate` on it")
            for name in META:
                if not isinstance(document.meta.get(name), str | None):
                    raise ConflictNewsError(f"{split}/{document.doc_id}: meta.{name} must be a string")


def _check_splits(documents: dict[str, list[Document]]) -> None:
    home: dict[str, str] = {}
    texts: dict[str | None, str] = {}
    for split, members in documents.items():
        for document in members:
            if document.doc_id in home:
                raise ConflictNewsError(f"{document.doc_id} lies in {home[document.doc_id]} and in {split}; a document has one split")
            if document.text_sha256 in texts:
                raise ConflictNewsError(f"{document.doc_id} has the same text as {texts[document.text_sha256]}")
            home[document.doc_id] = split
            texts[document.text_sha256] = document.doc_id


def _pretty(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def _card(root: Path, schema: Schema, rows: dict[str, dict[str, int]], files: dict[str, bytes], manifest: dict[str, Any]) -> bytes:
    """The card with its YAML head and its figures written anew; the prose between stays as it is."""
    card = (root / "README.md").read_text(encoding="utf-8")
    body = re.sub(r"\A---\n.*?\n---\n", "", card, flags=re.DOTALL)
    parts = {"figures": _figures(manifest), "statistics": stats_markdown(manifest["statistics"], SHOWN), **_agreement(root)}
    for name, part in parts.items():
        body = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m, part=part: m[1] + part + m[2], body, flags=re.DOTALL)  # type: ignore[misc]
    return f"---\n{to_yaml(_head(schema, rows, files, manifest))}---\n{body}".encode()


def _head(schema: Schema, rows: dict[str, dict[str, int]], files: dict[str, bytes], manifest: dict[str, Any]) -> dict[str, Any]:
    """The card's YAML: every config names its data's digest, so that a cache of other data is never taken for it."""
    tags = ner_tags(schema)
    configs, info = [], []
    for position, config in enumerate(CONFIGS):
        paths = {split: f"data/{config}/{split}.parquet" for split in rows[config]}
        digest = hashlib.sha256(b"".join(hashlib.sha256(files[path]).digest() for path in paths.values())).hexdigest()
        entry: dict[str, Any] = {"config_name": config, "description": f"sha256:{digest}", "data_files": [{"split": split, "path": path} for split, path in paths.items()]}
        configs.append(entry | ({"default": True} if position == 0 else {}))
        features = [{"name": name, **yaml_feature(kind, tags)} for name, kind in CONFIGS[config].items()]
        splits = [{"name": split, "num_bytes": len(files[path]), "num_examples": rows[config][split]} for split, path in paths.items()]
        size = sum(len(files[path]) for path in paths.values())
        info.append({"config_name": config, "features": features, "splits": splits, "download_size": size, "dataset_size": size})
    return {
        "pretty_name": "conflictnews",
        "license": "cc-by-4.0",
        "language": ["en"],
        "task_categories": ["token-classification", "text-classification"],
        "task_ids": ["named-entity-recognition"],
        "tags": ["event-extraction", "quotation-attribution", "boilerplate-removal", "conflict", "news"],
        "size_categories": ["n<1K"],
        "annotations_creators": ["machine-generated"],
        "version": manifest["version"],
        "configs": configs,
        "dataset_info": info,
    }


def _figures(manifest: dict[str, Any]) -> str:
    lines = ["| split | documents | entities | events | arguments | quotes | boilerplate blocks |", "|---|---:|---:|---:|---:|---:|---:|"]
    for split, c in manifest["splits"].items():
        lines.append(
            f"| `{split}` | {c['documents']} | {c['entities']['total']} | {c['events']['total']} | {sum(c['events']['arguments'].values())} | {c['quotes']['total']} | {c['boilerplate']['total']} |"
        )
    return "\n".join(lines) + "\n"


def _agreement(root: Path) -> dict[str, str]:
    """The card's tables of agreement.json, by the name of the place where they stand; empty where nothing was measured."""
    path = root / "agreement.json"
    measured: dict[str, Any] = msgspec.json.decode(path.read_bytes()) if path.is_file() else {}
    columns = {kind: {f"`{name}`" if kind == "split" else name: column for name, column in measured.get(kind, {}).items()} for kind in ("split", "collection", "third")}
    return {
        "agreement": compared_markdown(columns["split"]),
        "agreement-collections": compared_markdown(columns["collection"], only_floors=True),
        "agreement-third": compared_markdown(columns["third"], only_floors=True),
    }


def to_yaml(value: Any, indent: int = 0) -> str:
    """Nested dicts, lists and scalars as block YAML; strings are quoted as JSON where YAML could read them otherwise."""
    pad = "  " * indent
    if isinstance(value, dict):
        return "".join(f"{pad}{_scalar(k)}:{_nested(v, indent)}" for k, v in value.items())
    lines = []
    for item in value:
        if isinstance(item, dict):
            first, *rest = to_yaml(item, indent + 1).splitlines(keepends=True)
            lines.append(f"{pad}- {first.lstrip()}{''.join(rest)}")
        else:
            lines.append(f"{pad}- {_scalar(item)}\n")
    return "".join(lines)


def _nested(value: Any, indent: int) -> str:
    if isinstance(value, dict | list):
        return "\n" + to_yaml(value, indent + (isinstance(value, dict))) if value else " []\n"
    return f" {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if isinstance(value, str) and (
        not re.fullmatch(r"[A-Za-z_][\w./ -]*[\w]|[A-Za-z_]", text) or text.lower() in ("yes", "no", "on", "off", "y", "n", "o", "true", "false", "null")
    ):
        return msgspec.json.encode(text).decode()
    return text
