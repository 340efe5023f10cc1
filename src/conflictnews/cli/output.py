"""What several commands write and say in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from conflictnews.cli.console import warn


def lacking(missing: tuple[str, ...], incomplete: Mapping[str, tuple[str, ...]]) -> str:
    """What was not predicted, in a line; empty where nothing lacks."""
    parts = []
    if missing:
        parts.append(f"{len(missing)} gold documents have no prediction ({', '.join(missing[:5])}{', …' if len(missing) > 5 else ''})")
    parts += [f"{len(absent)} predictions leave out the layer {layer} ({', '.join(absent[:5])}{', …' if len(absent) > 5 else ''})" for layer, absent in incomplete.items()]
    return "; ".join(parts) + ": their gold counts as missed (--allow-missing to accept this)" if parts else ""


def encode(value: object) -> str:
    """A value as indented JSON."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode()


def write_files(files: Mapping[Path | None, Callable[[], bytes]]) -> None:
    """Write each file that was asked for, whole or not at all."""
    from conflictnews.io.jsondoc import write_atomically

    for path, make in files.items():
        if path is not None:
            write_atomically(path, make())


def leave(absent: str, *, allow_missing: bool, failed: bool = False) -> None:
    """End a scoring command: with a warning of what is `absent` (exit code 2 unless that is allowed), and with exit code 1 where a check `failed`."""
    if absent:
        warn(absent)
        if not allow_missing:
            raise click.exceptions.Exit(2)
    if failed:
        raise click.exceptions.Exit(1)


def write_json(value: object, where: str) -> None:
    """Write a value as indented JSON to a file, or with - to the terminal."""
    if where == "-":
        print(encode(value))
    else:
        write_files({Path(where): lambda: encode(value).encode() + b"\n"})
