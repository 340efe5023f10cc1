"""Terminals: wide enough for a table where the output is a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 120


def console(*, stderr: bool = False) -> Console:
    """A console for tables; 120 columns wide where it is no terminal."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else WIDTH, highlight=False, soft_wrap=False)


def warn(message: str) -> None:
    """One line on the error stream."""
    print(f"warning: {message}", file=sys.stderr)
