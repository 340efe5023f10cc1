"""conflictnews validate."""

from __future__ import annotations

from pathlib import Path

import click

from conflictnews.cli.console import console, warn
from conflictnews.cli.options import PATH, argument, command, option


@command
@argument("paths", "Documents: .json files, JSONL files, or folders that are searched through.", type=PATH, nargs=-1)
@option("--level", multiple=True, help="Only this level: format, labels or guidelines; may be given several times.")
@option("--checks", is_flag=True, help="List the checks and their ids, and stop.")
def validate(paths: tuple[Path, ...], level: tuple[str, ...], checks: bool) -> None:
    """Check documents: format, then labels, then guidelines.

    Every problem is one line: document, place, what is wrong, the id of the check, and how to mend it. Exit code 1 where there is one.
    An addition to a corpus (`corpus add`) that was broken off is finished or undone first.

    Example:
      conflictnews validate corpus/documents
    """
    from conflictnews.errors import ConflictNewsError
    from conflictnews.intake.journal import corpora_of
    from conflictnews.validation import CHECKS, LEVELS
    from conflictnews.validation.files import check_paths

    if checks:
        for name, question in CHECKS.items():
            print(f"{name:32} {question}")
        return
    if not paths:
        raise ConflictNewsError("nothing to check: give .json files, JSONL files or folders")
    unknown = [name for name in level if name not in LEVELS]
    if unknown:
        raise ConflictNewsError(f"there is no level {unknown[0]!r}; the levels are {', '.join(LEVELS)}")
    from rich.progress import track

    for corpus in corpora_of(paths):
        _recover(corpus)
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
        raise click.exceptions.Exit(1)


def _recover(corpus: Path) -> None:
    """Finish or undo an addition that was broken off, and say so; one that is under way or cannot be finished is told."""
    from conflictnews.errors import ConflictNewsError
    from conflictnews.intake.journal import recover

    try:
        told = recover(corpus)
    except (ConflictNewsError, OSError) as error:
        told = f"an addition is not finished: {error}"
    if told:
        warn(told)
