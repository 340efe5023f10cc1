"""conflictnews validate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conflictnews.cli.console import console


def validate(
    paths: Annotated[list[Path] | None, typer.Argument(help="Documents: .json files, JSONL files, or folders that are searched through.", show_default=False)] = None,
    level: Annotated[list[str] | None, typer.Option(help="Only this level: format, labels or guidelines; may be given several times.", show_default=False)] = None,
    checks: Annotated[bool, typer.Option("--checks", help="List the checks and their ids, and stop.")] = False,
) -> None:
    """Check documents: format, then labels, then guidelines.

    Every problem is one line: document, place, what is wrong, the id of the check, and how to mend it. Exit code 1 where there is one.

    Example: **conflictnews validate corpus/documents**
    """
    from conflictnews.errors import ConflictNewsError
    from conflictnews.validation import CHECKS, LEVELS
    from conflictnews.validation.files import check_paths

    if checks:
        for name, question in CHECKS.items():
            print(f"{name:32} {question}")
        return
    if not paths:
        raise ConflictNewsError("nothing to check: give .json files, JSONL files or folders")
    unknown = [name for name in level or () if name not in LEVELS]
    if unknown:
        raise ConflictNewsError(f"there is no level {unknown[0]!r}; the levels are {', '.join(LEVELS)}")
    from rich.progress import track

    documents = problems = 0
    for found in track(check_paths(paths, levels=tuple(level or LEVELS)), description="checking", console=console(stderr=True), transient=True):
        documents += 1
        for problem in found:
            problems += 1
            print(problem)
    if not documents:
        raise ConflictNewsError(f"{', '.join(map(str, paths))}: holds no document")
    print(f"{documents} documents, {problems} problems" if problems else f"{documents} documents, no problems")
    if problems:
        raise typer.Exit(1)
