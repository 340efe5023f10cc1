"""Tasks as they lie in Prodigy's JSONL: read with the place of each, checked for what every reader needs, and chosen among answers and annotators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.jsondoc import explain

OURS = "conflictnews"
"""The one field that we add to tasks, spans and relations."""

ANSWERS = ("accept",)
"""The answers that count unless others are asked for; a task without an answer always counts."""


class Task(NamedTuple):
    """A task and how to name it in a message: file and line, or its number."""

    where: str
    data: dict[str, Any]


class Mark(NamedTuple):
    """A span of a task: half-open code points, its label where it has one, and its own dictionary."""

    start: int
    end: int
    label: str | None
    data: dict[str, Any]
    where: str

    @property
    def ours(self) -> dict[str, Any]:
        """What we wrote on the span; empty where it is new."""
        found = self.data.get(OURS)
        return found if isinstance(found, dict) else {}

    @property
    def ref(self) -> str:
        """The place of the annotation that the span showed, as ``entities[3]``; empty where it is new."""
        found = self.ours.get("ref")
        return found if isinstance(found, str) else ""


def iter_tasks(path: str | Path) -> Iterator[dict[str, Any]]:
    """The tasks of a JSONL file, or of all in a folder, as they stand; DocumentError, with file and line, for what is no task."""
    for task in iter_located(path):
        yield task.data


def iter_located(path: str | Path) -> Iterator[Task]:
    """The same, each with its place."""
    origin = Path(path)
    if origin.is_dir():
        files = sorted(p for p in origin.rglob("*.jsonl") if not p.name.startswith("."))
        if not files:
            raise DocumentError(f"{path}: the folder holds no .jsonl file with tasks")
    elif origin.exists():
        files = [origin]
    else:
        raise DocumentError(f"{path}: there is no such file or folder")
    for file in files:
        yield from _tasks_of_file(file)


def _tasks_of_file(path: Path) -> Iterator[Task]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield _task(line, f"{path}, line {number}")
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error


def _task(line: bytes, where: str) -> Task:
    try:
        data = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DocumentError(f"{where}: {explain(error, line)}") from None
    return checked(data, where)


def checked(data: Any, where: str) -> Task:
    """A task whose `text`, `spans`, `relations` and `tokens` have the types that they must have where they are there; DocumentError otherwise."""
    if not isinstance(data, dict):
        raise DocumentError(f"{where}: a task is a JSON object, this is a {type(data).__name__}; Prodigy's JSONL has one object a line (write it with `prodigy db-out`)")
    if isinstance(data.get(OURS), dict):
        where = f"{where} (document {data[OURS].get('doc_id')!r}, pass {data[OURS].get('pass')!r})"
    elif isinstance(data.get("_task_hash"), int):
        where = f"{where} (task {data['_task_hash']})"
    if not isinstance(data.get("text", ""), str | None):
        raise DocumentError(f"{where}: the text is a {type(data['text']).__name__}; it must be a string")
    for key in ("spans", "relations", "tokens"):
        rows = data.get(key)
        if rows is not None and not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
            raise DocumentError(f"{where}: {key} must be a list of objects")
    return Task(where, data)


def marks_of(task: Task) -> list[Mark]:
    """The spans of a task, in its order; a span without offsets is placed by its tokens. DocumentError where one is no span of the text."""
    text, tokens = task.data["text"], task.data.get("tokens") or []
    marks = []
    for i, span in enumerate(task.data.get("spans") or ()):
        where = f"{task.where}: span {i + 1}"
        start, end = _offset(span.get("start")), _offset(span.get("end"))
        if start is None and span.get("start") is None:
            start = _edge(tokens, span.get("token_start"), "start")
        if end is None and span.get("end") is None:
            end = _edge(tokens, span.get("token_end"), "end")
        if start is None or end is None:
            raise DocumentError(f"{where} has no start and end that are whole numbers, nor token_start and token_end that are tokens of the task; give code points, end exclusive")
        if not 0 <= start < end <= len(text):
            raise DocumentError(f"{where}, {start}-{end}, is no span of the text, which has {len(text)} characters; offsets are half-open code points, 0 <= start < end")
        label = span.get("label")
        if label is not None and not isinstance(label, str):
            raise DocumentError(f"{where} has a label that is a {type(label).__name__}; it must be a string")
        marks.append(Mark(start, end, label, span, where))
    return marks


def _offset(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _edge(tokens: Sequence[Mapping[str, Any]], number: Any, edge: str) -> int | None:
    at = _offset(number)
    return None if at is None or not 0 <= at < len(tokens) else _offset(tokens[at].get(edge))


def annotator_of(task: Mapping[str, Any]) -> str | None:
    """Who answered: `_annotator_id`, else `_session_id`."""
    for key in ("_annotator_id", "_session_id"):
        if task.get(key) is not None:
            return str(task[key])
    return None


def choose(tasks: Iterable[Task], notes: list[str], *, answers: Collection[str] = ANSWERS, session: str | None = None) -> tuple[list[Task], list[Task]]:
    """The tasks that count, one for each question, and those that are left out; both in their order. What is left out, and why, is told in `notes`.

    Of several answers of one annotator to one question the newest counts (by `_timestamp`, else the last in the file). Tasks answered otherwise than `answers` are left out.
    With `session` only that annotator's answers count; without it, two annotators on one question are a DocumentError that lists them. A task that nobody answered counts
    where no answer to its question does.
    """
    found = list(tasks)
    latest, again = _newest(found)
    if again:
        notes.append(f"{again} tasks come again from the same annotator; the newest answer to each counts")
    kept, left = _split(latest, lambda task: task.data.get("answer") is None or task.data["answer"] in answers)
    if left:
        counts = Counter(str(task.data["answer"]) for task in left)
        notes.append(f"tasks left out for their answer: {', '.join(f'{n} {answer}' for answer, n in sorted(counts.items()))} (answers that count: {', '.join(answers)})")
    if session is not None:
        names = sorted({name for task in found if (name := annotator_of(task.data)) is not None})
        if session not in names:
            raise DocumentError(f"no task is by the annotator {session!r}; the annotators are {', '.join(names) or 'not named'}")
        kept, others = _split(kept, lambda task: annotator_of(task.data) == session or _open(task))
        if others:
            notes.append(f"{len(others)} tasks of other annotators than {session!r} are left out")
        left += others
    answered = {_question(task.data) for task in kept if not _open(task)}
    kept, asked = _split(kept, lambda task: not _open(task) or _question(task.data) not in answered)
    _refuse_two_annotators(kept)
    return kept, left + asked


def _split(tasks: Sequence[Task], good: Callable[[Task], bool]) -> tuple[list[Task], list[Task]]:
    return [task for task in tasks if good(task)], [task for task in tasks if not good(task)]


def _open(task: Task) -> bool:
    """Whether nobody answered the task."""
    return task.data.get("answer") is None and annotator_of(task.data) is None


def _question(task: Mapping[str, Any]) -> bytes:
    """What makes two tasks the same question, whoever answers it; with neither hash nor time on them only tasks that are equal are."""
    ours = task.get(OURS)
    if isinstance(ours, dict):
        key: list[Any] = ["ours", ours.get("doc_id"), ours.get("pass")]
    elif task.get("_task_hash") is not None:
        meta = task.get("meta")
        key = ["task", task.get("text"), task.get("_view_id"), task["_task_hash"], meta.get("doc_id") if isinstance(meta, dict) else None]
    elif task.get("_timestamp") is not None:
        key = ["raw", *(task.get(name) for name in ("text", "image", "html", "input", "audio", "video", "_view_id", "meta", "label", "options"))]
    else:
        key = ["same", task]
    return msgspec.json.encode(key)


def _newest(tasks: Sequence[Task]) -> tuple[list[Task], int]:
    best: dict[tuple[bytes, str | None], tuple[float, int]] = {}
    for i, task in enumerate(tasks):
        stamp = task.data.get("_timestamp")
        rank = (float(stamp) if isinstance(stamp, int | float) else float("-inf"), i)
        key = (_question(task.data), annotator_of(task.data))
        best[key] = max(best.get(key, rank), rank)
    kept = [tasks[i] for i in sorted(i for _, i in best.values())]
    return kept, len(tasks) - len(kept)


def _refuse_two_annotators(tasks: Sequence[Task]) -> None:
    first: dict[bytes, Task] = {}
    for task in tasks:
        other = first.setdefault(_question(task.data), task)
        if other is not task:
            counts = Counter(annotator_of(t.data) for t in tasks)
            names = ", ".join(f"{name or '(not named)'} ({n} tasks)" for name, n in sorted(counts.items(), key=lambda item: str(item[0])))
            raise DocumentError(
                f"{task.where}: is answered by {annotator_of(task.data)!r} here and by {annotator_of(other.data)!r} in {other.where}; read one annotator at a time, with session=NAME, of {names}"
            )
