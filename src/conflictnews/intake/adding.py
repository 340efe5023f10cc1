"""New documents into the corpus: checked, compared with what is there, given a split, and put in place with everything that is built from them."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from conflictnews.adjudication import Row, read_rows
from conflictnews.build import built_files, is_same
from conflictnews.corpus import SPLITS, iter_paths
from conflictnews.errors import ConflictNewsError
from conflictnews.hydrate import hydrated, strip_text, with_text
from conflictnews.intake import changelog, journal, near, splits
from conflictnews.io.jsondoc import encode_document, load_document
from conflictnews.model import Document, text_sha256
from conflictnews.schema import read_schema
from conflictnews.validation import check_document

_PASS = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")


class Plan(msgspec.Struct, frozen=True):
    """What an addition would do: the split of each new document, every file that is written (path relative to the corpus's parent -> bytes), and what ought to be told."""

    splits: dict[str, str]
    files: dict[str, bytes]
    notes: tuple[str, ...] = ()


def plan(
    documents: Sequence[Document],
    corpus: Path,
    *,
    split: str = "",
    passes: Mapping[str, Sequence[Document]] | None = None,
    decisions: Path | None = None,
    check: bool = True,
) -> Plan:
    """What adding `documents` to `corpus` would do; nothing is changed.

    Raises ConflictNewsError, with a line for each fault, where a document does not pass the validator on every level, its doc_id or text is in use, its article is
    more like another one than `near.LIMIT`, its story would lie in two splits, or a pass is not over the same text.
    """
    corpus = corpus.resolve()
    if not documents:
        raise ConflictNewsError("there is no document to add")
    present = {name: {path.stem: load_document(path) for path in iter_paths(name, root=corpus)} for name in SPLITS}
    documents = [_with_canary(document, corpus) for document in documents]
    faults = [*_problems(documents, corpus)] if check else []
    faults += _in_use(documents, present)
    alike, notes = _near(documents, present, corpus)
    faults += alike
    if faults:
        raise ConflictNewsError("\n".join([f"nothing is added to {corpus}:", *faults]))
    stories = {splits.story(document): name for name, members in present.items() for document in members.values()}
    homes = splits.assign(documents, stories, split)
    files = {f"{corpus.name}/documents/{homes[d.doc_id]}/{d.doc_id}.json": encode_document(d) for d in documents}
    for name, members in (passes or {}).items():
        files |= _pass_files(name, members, documents, corpus)
    if decisions is not None:
        files |= _decision_files(decisions, documents, corpus)
    files |= _built(files, corpus)
    log = corpus.parent / "CHANGELOG.md"
    if log.is_file():
        files["CHANGELOG.md"] = changelog.with_line(log.read_text(encoding="utf-8"), changelog.line_for(homes)).encode()
    else:
        notes.append(f"there is no {log}: no line about the addition")
    if passes and {"a", "b"} <= passes.keys():
        notes.append("the passes are new: scripts/agreement measures agreement.json anew")
    return Plan(homes, files, tuple(notes))


def add(documents: Sequence[Document], corpus: Path, *, split: str = "", passes: Mapping[str, Sequence[Document]] | None = None, decisions: Path | None = None) -> Plan:
    """Add documents: all of them with everything that is built from them, or nothing (see `intake.journal`). Gives what was done; an earlier addition that was broken off is finished or undone first."""
    journal.recover(corpus)
    with journal.locked(corpus):
        planned = plan(documents, corpus, split=split, passes=passes, decisions=decisions)
        journal.commit(corpus, planned.files)
    return planned


def _with_canary(document: Document, corpus: Path) -> Document:
    """The document with the corpus's canary in its metadata."""
    canary = msgspec.json.decode((corpus / "corpus.json").read_bytes()).get("canary")
    there = document.meta.get("canary", canary)
    if there != canary:
        raise ConflictNewsError(f"{document.doc_id}: meta.canary is {there!r}, that of the corpus is {canary!r}; every data file carries the one of its corpus")
    return msgspec.structs.replace(document, meta=document.meta | {"canary": canary})


def _problems(documents: Iterable[Document], corpus: Path) -> list[str]:
    schema = read_schema(corpus / "schema.json")
    return [str(problem) for document in documents for problem in check_document(_with_words(document), schema)]


def _with_words(document: Document) -> Document:
    if document.text is not None or document.text_sha256 is None:
        return document
    return hydrated(document) or document


def _in_use(documents: Sequence[Document], present: Mapping[str, Mapping[str, Document]]) -> list[str]:
    ids = {name: split for split, members in present.items() for name in members}
    texts = {document.text_sha256: name for members in present.values() for name, document in members.items()}
    faults = []
    for document in documents:
        if document.doc_id in ids:
            faults.append(f"{document.doc_id}: the doc_id is in use ({ids[document.doc_id]}); give the new document another")
        elif document.text_sha256 is not None and document.text_sha256 in texts:
            faults.append(f"{document.doc_id}: the text is that of {texts[document.text_sha256]}, letter by letter")
        ids.setdefault(document.doc_id, "also new")
        texts.setdefault(document.text_sha256, document.doc_id)
    return faults


def _near(documents: Sequence[Document], present: Mapping[str, Mapping[str, Document]], corpus: Path) -> tuple[list[str], list[str]]:
    """Faults for articles that are too much alike, and a note where texts are not at hand."""
    policies = read_schema(corpus / "schema.json").policies
    old = {name: _with_words(document) for members in present.values() for name, document in members.items()}
    new = {document.doc_id: _with_words(document) for document in documents if document.doc_id not in old}
    found = near.alike({n: near.runs(d, policies) for n, d in new.items()}, {n: near.runs(d, policies) for n, d in old.items()})
    same = {(a, b) for a, d in new.items() for b, other in (old | new).items() if d.text_sha256 == other.text_sha256}  # told already
    faults = [
        f"{a.first}: its article is too much like that of {a.second}: {a.similarity:.2f} of their runs of {near.RUN} words are shared, {near.LIMIT} is the limit"
        for a in found
        if (a.first, a.second) not in same
    ]
    blind = [name for side in (old, new) for name, document in side.items() if document.text is None]
    return faults, [
        f"{len(blind)} documents have no text on this machine (first {blind[0]}): whether the new ones are like them is not known; `conflictnews hydrate`"
    ] if blind else []


def _pass_files(name: str, members: Sequence[Document], documents: Sequence[Document], corpus: Path) -> dict[str, bytes]:
    """The files of one pass over the new documents."""
    if not _PASS.fullmatch(name) or name == "decisions":
        raise ConflictNewsError(f"a pass cannot be called {name!r}; use up to 31 of a-z, 0-9, '_', '-'")
    schema, gold, files = read_schema(corpus / "schema.json"), {d.doc_id: d for d in documents}, {}
    for member in members:
        where = f"pass {name}, {member.doc_id}"
        if member.doc_id not in gold:
            raise ConflictNewsError(f"{where}: is none of the documents that are added")
        whole = gold[member.doc_id]
        if {member.text_sha256, None if member.text is None else text_sha256(member.text)} - {None, whole.text_sha256}:
            raise ConflictNewsError(f"{where}: was made on another text than the document's")
        kept = strip_text(member) if whole.text is None else with_text(member, whole.text)
        kept = _with_canary(msgspec.structs.replace(kept, text_sha256=whole.text_sha256), corpus)
        faults = [str(problem) for problem in check_document(kept, schema, levels=("format",))]
        if faults:
            raise ConflictNewsError("\n".join(f"pass {name}, {fault}" for fault in faults))
        files[f"{corpus.name}/passes/{name}/{member.doc_id}.json"] = encode_document(kept)
    return files


def _decision_files(path: Path, documents: Sequence[Document], corpus: Path) -> dict[str, bytes]:
    """The decisions on the new documents, a file each: a Markdown file on one document as it is, or the rows of `conflictnews adjudicate`."""
    folder = f"{corpus.name}/passes/decisions"
    if not path.is_file():
        raise ConflictNewsError(f"{path}: there is no such file")
    if path.suffix == ".md":
        if len(documents) != 1:
            raise ConflictNewsError(f"{path}: a Markdown file is on one document, {len(documents)} are added; add them one by one, or give JSONL")
        return {f"{folder}/{documents[0].doc_id}.md": path.read_bytes()}
    rows: dict[str, list[Row]] = {}
    for row in read_rows(path):
        rows.setdefault(row.doc_id, []).append(row)
    standoff = [
        d.doc_id for d in documents if d.text is None and any(row.context is not None or '"surface"' in msgspec.json.encode(row).decode() for row in rows.get(d.doc_id, ()))
    ]
    if standoff:
        raise ConflictNewsError(f"{path}: carries words of {standoff[0]}, whose text is not the corpus's to pass on; adjudicate the passes without their texts")
    return {f"{folder}/{d.doc_id}.jsonl": b"".join(msgspec.json.encode(row) + b"\n" for row in rows[d.doc_id]) for d in documents if d.doc_id in rows}


def _built(files: Mapping[str, bytes], corpus: Path) -> dict[str, bytes]:
    """Everything built that changes with the new documents, the manifest last."""
    with tempfile.TemporaryDirectory() as temporary:
        view = Path(temporary) / corpus.name
        shutil.copytree(corpus / "documents", view / "documents")
        for path in corpus.iterdir():
            if path.is_file():
                shutil.copy(path, view)
        for target, data in files.items():
            if target.startswith(f"{corpus.name}/documents/"):
                place = view.parent / target
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
        built = built_files(view)
    order = sorted(built, key=lambda name: (name == "manifest.json", name == "README.md"))
    return {f"{corpus.name}/{name}": built[name] for name in order if not is_same(corpus / name, built[name])}
