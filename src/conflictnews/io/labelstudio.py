"""Tasks of Label Studio: its import and export JSON, with the labelling screen that fits them.

A folder holds ``config.xml``, which is pasted into a project's labelling settings, and ``tasks.json``, which is imported; a file ``*.labelstudio.json`` holds the tasks alone.
What the project exports as JSON is read by the same door. Offsets are code points, as the tool's editor counts them. A task's `data` holds the text, the ``doc_id``, the ``meta``
of the document and what its screen cannot show; what an annotator sees and changes stands in the result alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.formats import refuse_standoff
from conflictnews.io.json_folder import write_folder
from conflictnews.io.jsondoc import explain, write_atomically
from conflictnews.io.labelstudio_config import TEXT, labelling_config
from conflictnews.io.labelstudio_reading import layers_of
from conflictnews.io.labelstudio_results import Rest, Result, rest_of, results_of
from conflictnews.model import Document, first_fault

CONFIG, TASKS = "config.xml", "tasks.json"

_REST = "conflictnews"
"""The field of a task's data for what the screen cannot show."""

NOTES = "label_studio_notes"
"""The key of `meta` under which an annotator's notes on regions come back: id of the region -> note."""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One annotator's annotation of a task, or one model's prediction."""

    result: tuple[Result, ...] | None = ()
    id: int | str | None = None
    completed_by: int | str | dict[str, Any] | None = None
    was_cancelled: bool | None = False
    ground_truth: bool | None = None
    model_version: str | None = None

    @property
    def by(self) -> tuple[str, ...]:
        """The names that the annotator goes by: e-mail address and number, or the version of the model."""
        who = self.completed_by
        if isinstance(who, dict):
            return tuple(str(who[key]) for key in ("email", "id") if who.get(key) is not None)
        return tuple(str(name) for name in (who, self.model_version) if name is not None)


class Task(msgspec.Struct, frozen=True, omit_defaults=True):
    """One page with all that was said of it."""

    data: dict[str, Any]
    id: int | str | None = None
    annotations: tuple[Answer, ...] = ()
    predictions: tuple[Answer | int, ...] = ()
    drafts: tuple[Any, ...] = ()


_TASKS = msgspec.json.Decoder(list[Task])


def read(path: Path, *, annotator: str = "") -> Iterator[Document]:
    """The documents of a tasks file, or of a folder that `write` made, in order.

    Of several annotations of a task that of `annotator` counts (e-mail address, number, or version of a model whose predictions are wanted), else the one
    marked as ground truth; skipped ones never do. A task that nobody annotated has no layers. Raises DocumentError where the choice is open, and for anything unreadable.
    """
    file = path / TASKS if path.is_dir() else path
    try:
        data = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise DocumentError(f"{file}: cannot be read ({error.strerror})") from error
    tasks = _decode(data, str(file))
    if annotator:
        _refuse_stranger(tasks, annotator, str(file))
    seen: set[str] = set()
    for number, task in enumerate(tasks, 1):
        document = _document(task, f"{file}, task {task.id if task.id is not None else number}", annotator)
        if document.doc_id in seen:
            raise DocumentError(f"{file}: the doc_id {document.doc_id} comes twice; each document is given once, so delete one of the tasks")
        seen.add(document.doc_id)
        yield document


def _decode(data: bytes, where: str) -> Sequence[Task]:
    """The tasks in a file's bytes."""
    try:
        return _TASKS.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raw: Any = None
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raw = msgspec.json.decode(data)
        first = raw[0] if isinstance(raw, list) and raw else raw
        if isinstance(first, dict) and "data" not in first and first.keys() & {"annotation_id", "annotator", "lead_time"}:
            raise DocumentError(f"{where}: is a JSON_MIN export, which leaves out relations and the ids of regions; export the project as JSON") from None
        if isinstance(first, dict) and "data" not in first:
            raise DocumentError(f"{where}: holds no tasks of Label Studio (a list of objects with data and annotations); export the project as JSON") from None
        raise DocumentError(f"{where}: {explain(error, data)}") from None


def _refuse_stranger(tasks: Sequence[Task], annotator: str, where: str) -> None:
    """An error where nobody called `annotator` annotated anything."""
    known = {answer.by for task in tasks for answer in (*task.annotations, *task.predictions) if isinstance(answer, Answer)}
    if not any(annotator in names for names in known):
        listed = ", ".join(sorted(" / ".join(names) or "nobody named" for names in known)) or "nobody"
        numbers = any(isinstance(prediction, int) for task in tasks for prediction in task.predictions)
        more = "; predictions are there by number only, export a snapshot that has them in full" if numbers else ""
        raise DocumentError(f"{where}: nothing is by {annotator!r}; there are annotations by {listed}{more}")


def _answer(task: Task, where: str, annotator: str) -> Answer | None:
    """The annotation that counts, or None where there is none."""
    told = [answer for answer in task.annotations if not answer.was_cancelled]
    if annotator:
        told = [answer for answer in (*told, *(p for p in task.predictions if isinstance(p, Answer))) if annotator in answer.by]
    if len(told) > 1:
        told = [answer for answer in told if answer.ground_truth] or told
    if len(told) > 1:
        listed = ", ".join(f"number {answer.id if answer.id is not None else i} by {' / '.join(answer.by) or 'nobody named'}" for i, answer in enumerate(told, 1))
        way = "in Label Studio, mark one as ground truth or delete the others" if annotator else "choose an annotator, or mark one as ground truth in Label Studio"
        raise DocumentError(f"{where}: has {len(told)} annotations ({listed}); {way}")
    if not told and not task.annotations and task.drafts and not annotator:
        raise DocumentError(f"{where}: has a draft that nobody submitted; submit it in Label Studio, or discard it, and export again")
    return told[0] if told else None


def _document(task: Task, where: str, annotator: str) -> Document:
    """The document of a task."""
    data = dict(task.data)
    doc_id = data.pop("doc_id", None if task.id is None else f"task-{task.id}")
    where = f"{where} ({doc_id})"
    text, meta, sha, rest = data.pop(TEXT, None), data.pop("meta", {}), data.pop("text_sha256", None), data.pop(_REST, {})
    if not isinstance(text, str):
        raise DocumentError(f"{where}: its data has no {TEXT}; give the page as data.{TEXT}")
    if not isinstance(doc_id, str) or not isinstance(meta, dict) or not isinstance(sha, str | None):
        raise DocumentError(f"{where}: data.doc_id and data.text_sha256 are strings, data.meta is an object; mend the one that is not")
    try:
        known = msgspec.convert(rest, Rest)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{where}: data.{_REST}: {error}; take the field out, it only keeps what the tool cannot show") from None
    answer = _answer(task, where, annotator)
    results = (answer.result or ()) if answer else ()
    _refuse_utf16(where, text, results)
    notes = {result.id: note for result in results if result.meta and result.id for note in (_note(result.meta),) if note}
    document = Document(doc_id, text, sha, {**data, **meta, **({NOTES: notes} if notes else {})}, **layers_of(where, text, results, known))
    fault = first_fault(document)
    if fault:
        raise DocumentError(f"{where}: {fault}")
    return document


def _refuse_utf16(where: str, text: str, results: Sequence[Result]) -> None:
    """An error for a region whose offsets give its words only where they are counted as UTF-16 units."""
    for value in (result.value for result in results if result.type == "labels" and result.value):
        if isinstance(value.start, int) and isinstance(value.end, int) and isinstance(value.text, str) and 0 <= value.start < value.end:
            start, end = value.start, value.end
            if value.text != text[start:end] and value.text == text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le", "replace"):
                raise DocumentError(f"{where}: the region of {value.text!r} at {start}-{end} counts UTF-16 units; count characters (code points), as the editor does")


def _note(meta: dict[str, Any]) -> str:
    """An annotator's note on a region."""
    said = meta.get("text")
    return "\n".join(map(str, said)) if isinstance(said, list) else str(said or "")


def write(documents: Iterable[Document], path: Path, *, predictions: str = "") -> None:
    """Tasks as a folder with ``config.xml`` and ``tasks.json``, or as the file `path` where that ends in ``.json``.

    With `predictions`, the version of a model, the layers are pre-annotations for annotators to mend. A document without any layer is a task to annotate.
    """
    found = list(documents)
    refuse_standoff(found, "a task of Label Studio")
    for document in found:
        fault = first_fault(document)
        if fault:
            raise DocumentError(f"{document.doc_id}: {fault}")
    tasks = msgspec.json.format(msgspec.json.encode([_task(document, predictions) for document in found]), indent=1) + b"\n"
    if path.suffix == ".json":
        write_atomically(path, tasks)
    else:
        write_folder({CONFIG: labelling_config(found).encode(), TASKS: tasks}, path)


def _task(document: Document, predictions: str) -> Task:
    rest = rest_of(document)
    data: dict[str, Any] = {"doc_id": document.doc_id, TEXT: document.text}
    data |= {"meta": document.meta} if document.meta else {}
    data |= {"text_sha256": document.text_sha256} if document.text_sha256 is not None else {}
    data |= {_REST: rest} if rest != Rest() else {}
    result = tuple(results_of(document))
    if not result:
        return Task(data)
    if predictions:
        return Task(data, predictions=(Answer(result, model_version=predictions),))
    return Task(data, annotations=(Answer(result, ground_truth=False),))  # said, since an import takes silence for yes


def losses(document: Document) -> Iterator[str]:
    """Nothing: what the tool cannot show travels in the task's data."""
    yield from ()
