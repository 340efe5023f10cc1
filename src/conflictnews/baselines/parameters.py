"""Reading and writing the parameters of baselines: JSON under baselines/<name>/."""

from __future__ import annotations

from typing import Any

import msgspec

from conflictnews.errors import ConflictNewsError
from conflictnews.io.jsondoc import write_atomically
from conflictnews.resources import baselines_dir


def read_parameters(name: str, file: str = "parameters.json") -> Any:
    """The content of baselines/<name>/<file>."""
    path = baselines_dir() / name / file
    try:
        return msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise ConflictNewsError(f"{path} is missing; the baselines did not come whole with this installation") from error
    except msgspec.DecodeError as error:
        raise ConflictNewsError(f"{path}: {error}") from error


def write_parameters(name: str, value: Any, file: str = "parameters.json") -> None:
    """Write baselines/<name>/<file>, keys sorted, the same bytes for the same value."""
    write_atomically(baselines_dir() / name / file, msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n")
