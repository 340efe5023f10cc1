"""Prodigy's JSONL: our documents as passes of annotation tasks, their answers as edits of our documents, and the tasks of any other user of Prodigy.

Prodigy is not free and is not needed here; the form was read off public exports. Lossless: all passes of a document together hold all of it, whatever the views can show.
Load each pass into a dataset of its own: Prodigy tells tasks apart by a number made of text and spans, and two passes with the same spans have the same one.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.formats import refuse_standoff
from conflictnews.io.json_folder import write_folder
from conflictnews.io.jsondoc import write_atomically
from conflictnews.io.prodigy_apply import apply_tasks
from conflictnews.io.prodigy_foreign import document_of, home_of, task_of
from conflictnews.io.prodigy_hashes import input_hash, task_hash
from conflictnews.io.prodigy_join import answer_of, document_of_passes
from conflictnews.io.prodigy_tasks import ANSWERS, OURS, Task, checked, choose, iter_located, iter_tasks
from conflictnews.io.prodigy_views import PASSES, is_ours, tasks_of
from conflictnews.model import Document, first_fault

__all__ = ["ANSWERS", "PASSES", "Reading", "apply", "documents_of", "input_hash", "iter_tasks", "losses", "read", "task_hash", "tasks_of", "write"]

SUFFIX = ".prodigy.jsonl"
"""How files of tasks are called."""


class Reading(msgspec.Struct, frozen=True):
    """What a reading gave: the documents, and what was left out or is odd, a line each."""

    documents: tuple[Document, ...]
    notes: tuple[str, ...] = ()


def documents_of(tasks: str | Path | Iterable[dict[str, Any]], *, layer: str = "entities", answers: Collection[str] = ANSWERS, session: str | None = None) -> Reading:
    """The documents of tasks (a file, a folder or dictionaries), in their order, with notes on what was left out.

    Tasks of our passes come together by document, with the annotators' changes. Every other task is a document of its own, its spans in `layer`. `answers` are those that count
    (`("accept", "reject", "ignore")` for all); `session` names the annotator whose answers count where there are several.
    """
    notes: list[str] = []
    kept, left = choose(_located(tasks), notes, answers=answers, session=session)
    ours, aside = _by_document(kept), _by_document(left)
    taken, counts, wordless = set(ours), Counter[str](), 0
    documents: list[Document] = []
    for task in kept:
        if is_ours(task.data):
            about = ours.pop(_named(task), None)
            if about is not None:
                documents.append(_ours(about, aside.get(_named(task), ()), notes))
        elif task.data.get("text") is None:
            wordless += 1
        else:
            documents.append(document_of(task, layer, taken, counts))
            counts["tasks with a yes or no about what they show; what they do not show was not judged"] += bool(task.data.get("_is_binary"))
    if wordless:
        notes.append(f"tasks without text (images, sound or markup), left out: {wordless}")
        if not documents:
            raise DocumentError(f"{kept[0].where}: none of the {wordless} tasks has a text; only tasks over text can be read")
    notes += [f"{what}: {n}" for what, n in counts.items() if n]
    return Reading(tuple(documents), tuple(notes))


def _named(task: Task) -> str:
    return str(task.data[OURS].get("doc_id"))


def _by_document(tasks: Sequence[Task]) -> dict[str, list[Task]]:
    found: dict[str, list[Task]] = {}
    for task in tasks:
        if is_ours(task.data):
            found.setdefault(_named(task), []).append(task)
    return found


def _ours(tasks: Sequence[Task], aside: Sequence[Task], notes: list[str]) -> Document:
    """A document of our passes; a task that was left out (one of `aside`) still says what its layer was."""
    answers = [answer_of(task) for task in tasks]
    names = {answer.carried.name for answer in answers}
    others = {other.carried.name: other for other in (answer_of(task, counts=False) for task in aside)}
    return document_of_passes([*answers, *(other for name, other in others.items() if name not in names)], notes)


def _located(tasks: str | Path | Iterable[dict[str, Any]]) -> Iterable[Task]:
    return iter_located(tasks) if isinstance(tasks, str | Path) else (checked(task, f"task {n}") for n, task in enumerate(tasks, 1))


def apply(
    tasks: str | Path | Iterable[dict[str, Any]], documents: Iterable[Document], *, layer: str = "entities", answers: Collection[str] = ANSWERS, session: str | None = None
) -> list[Document]:
    """`documents` with the answers of `tasks` merged in; a warning says what was left out.

    A task is about the document that it names (`meta.doc_id`), else about the only one with its text. What a task of ours changed is changed; the spans of any other task are
    those of `layer`: what stands at the same place keeps all that is known of it. DocumentError, naming line and task, where a task fits no document or its text differs, and where
    the document was changed in the meantime.
    """
    notes: list[str] = []
    kept, _ = choose(_located(tasks), notes, answers=answers, session=session)
    result = apply_tasks(kept, list(documents), layer, notes)
    _warn("tasks", notes)
    return result


def read(path: Path, *, layer: str = "entities", answers: Collection[str] = ANSWERS, session: str | None = None) -> Iterator[Document]:
    """The documents of a JSONL file or a folder of such (see `documents_of`); a warning says what was left out."""
    found = documents_of(path, layer=layer, answers=answers, session=session)
    _warn(str(path), found.notes)
    yield from found.documents


def _warn(what: str, notes: Sequence[str]) -> None:
    if notes:
        warnings.warn(f"{what}: " + "; ".join(notes), UserWarning, stacklevel=3)


def write(documents: Iterable[Document], path: Path) -> None:
    """Documents as Prodigy's tasks: a folder (new or empty) with a file for each pass, or one file with all where `path` ends in ``.jsonl``.

    A document that was read from somebody else's task is written as that task, with what changed; in a folder those go into a file of their own.
    """
    files: dict[str, list[bytes]] = {name: [] for name in PASSES}
    lines, seen = [], set()
    for document in documents:
        refuse_standoff([document], "Prodigy")
        if document.doc_id in seen:
            raise DocumentError(f"{document.doc_id}: the doc_id comes twice; each document is given once")
        seen.add(document.doc_id)
        fault = first_fault(document)
        if fault:
            raise DocumentError(f"{document.doc_id}: {fault}")
        home = home_of(document)
        for task in [task_of(document, home)] if home else tasks_of(document):
            name = "tasks" if home else task["meta"]["pass"]
            lines.append(_encode(task, document.doc_id))
            files.setdefault(name, []).append(lines[-1])
    if path.suffix == ".jsonl":
        write_atomically(path, b"".join(lines))
    else:
        write_folder({f"{name}{SUFFIX}": b"".join(rows) for name, rows in files.items()}, path)


def _encode(task: dict[str, Any], doc_id: str) -> bytes:
    try:
        return msgspec.json.encode(task) + b"\n"
    except (UnicodeEncodeError, msgspec.MsgspecError) as error:
        raise DocumentError(f"{doc_id}: cannot be written as JSON ({error}); half a surrogate pair is no character") from None


def losses(document: Document) -> Iterator[str]:
    """Nothing of our own documents: what a view cannot show travels in fields that Prodigy keeps. What was added to somebody else's task comes back with an id and words of its own."""
    home = home_of(document)
    if home is None:
        return
    before = document.layer(home.layer) or ()
    after = document_of(checked(task_of(document, home), document.doc_id), home.layer, set(), Counter()).layer(home.layer) or ()
    other = sum(a != b for a, b in zip(before, after, strict=True))
    if other:
        yield f"{other} annotations whose order, id or surface comes back otherwise"
