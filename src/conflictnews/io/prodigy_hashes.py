"""The two numbers by which Prodigy knows a task: what is asked about, and what is asked.

The recipes were read off public exports and Prodigy's list of hashed keys: murmurhash (seed 0, 32 bit, signed) over ``key=JSON`` for each key that is there. The JSON must be
that of srsly, to the letter, so both packages are needed (the extra ``prodigy``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conflictnews.errors import MissingExtraError

INPUT_KEYS = ("text", "image", "html", "input")
TASK_KEYS = ("spans", "label", "options", "arcs")
NEVER_HASHED = ("score", "rank", "model", "source", "pattern", "priority", "path", "_view_id", "_session_id", "_annotator_id", "answer", "_task_hash")


def input_hash(task: Mapping[str, Any]) -> int:
    """What `_input_hash` is for a task: equal for tasks over the same text, whatever they ask.

    Two documents with the same text have the same number; `meta.doc_id` is what tells them apart.
    """
    dumps, murmur = _tools()
    found = "".join(f"{key}={dumps(task[key])}" for key in INPUT_KEYS if key in task)
    return int(murmur(found or dumps(_rest(task), sort_keys=True)))


def task_hash(task: Mapping[str, Any]) -> int:
    """What `_task_hash` is for a task as it is asked; an `_input_hash` that the task has is taken as it is.

    Prodigy sets the number before anybody answers and keeps it: for an answered task this gives the stored number only where the answer changed nothing that is hashed.
    """
    dumps, murmur = _tools()
    of_input = task["_input_hash"] if "_input_hash" in task else input_hash(task)
    found = "".join(f"{key}={dumps(task[key], sort_keys=True)}" for key in TASK_KEYS if key in task)
    return int(murmur(f"{of_input}{found or dumps(_rest(task) | {'_input_hash': of_input}, sort_keys=True)}"))


def _rest(task: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in task.items() if key not in NEVER_HASHED}


def _tools() -> tuple[Any, Any]:
    try:
        import srsly
        from murmurhash.mrmr import hash as murmur
    except ImportError as error:
        raise MissingExtraError("writing Prodigy tasks", "prodigy") from error
    return srsly.json_dumps, murmur
