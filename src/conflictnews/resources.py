"""Where corpus/ and baselines/ are: inside an installed wheel, or in the checkout beside src/."""

from __future__ import annotations

import os
from pathlib import Path

from conflictnews.errors import ConflictNewsError

_PACKAGE = Path(__file__).resolve().parent


def resource_dir(name: str) -> Path:
    """The folder called `name` (``corpus``, ``baselines`` or ``annotation_guidelines``) that came with this installation."""
    for root in (_PACKAGE / "_bundled", _PACKAGE.parent.parent):
        candidate = root / name
        if candidate.is_dir():
            return candidate
    raise ConflictNewsError(f"the folder {name}/ did not come with this installation of conflictnews; install it again from a wheel or a full checkout")


def corpus_dir() -> Path:
    """The corpus: documents, schema, Parquet and card. ``CONFLICTNEWS_CORPUS`` names another copy (one that is being edited, say)."""
    override = os.environ.get("CONFLICTNEWS_CORPUS")
    if override:
        path = Path(override).expanduser()
        if not (path / "schema.json").is_file():
            raise ConflictNewsError(f"CONFLICTNEWS_CORPUS is {override}, but there is no schema.json in it")
        return path
    return resource_dir("corpus")


def baselines_dir() -> Path:
    """The trained and written artefacts of the baselines."""
    return resource_dir("baselines")


def data_dir() -> Path:
    """The user's data folder, where hydrated texts lie. ``CONFLICTNEWS_DATA`` names another; it is not created here."""
    override = os.environ.get("CONFLICTNEWS_DATA")
    if override:
        return Path(override).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("conflictnews", appauthor=False))
