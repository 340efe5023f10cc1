"""The command line: `conflictnews COMMAND`. Exit codes: 0 good, 1 problems or a missed threshold, 2 bad input, 3 our own fault, 130 interrupted."""

from __future__ import annotations

import gc
import os
import sys

from conflictnews.errors import ConflictNewsError


def main() -> None:
    """Run the command line; every error we raise on purpose is one message and exit code 2."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the one matrix product of a score is small: more threads cost more than they save
    gc.set_threshold(200_000, 20, 20)  # starting makes many objects and next to no garbage: looking for it would take a twentieth of a short call
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run()
    except KeyboardInterrupt:
        code = _fail("interrupted", 130)
    if code:
        sys.exit(code)


def _run() -> int:
    """The exit code of the command that the arguments name."""
    import click

    from conflictnews.cli.app import app

    try:
        code = app.main(prog_name="conflictnews", standalone_mode=False)  # that of Context.exit, or None
        sys.stdout.flush()
        return code or 0
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        return _fail(error.format_message() + (f"\nsee {context.command_path} --help" if context else ""), 2)
    except ConflictNewsError as error:
        return _fail(str(error), 2)
    except click.Abort as stop:  # what click makes of Ctrl-C
        raise KeyboardInterrupt from stop
    except BrokenPipeError:  # whoever read our output has stopped; what is still in the buffer must not raise again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail((f"{error.filename}: " if error.filename else "") + str(error.strerror or error), 2)
    except Exception:
        import traceback

        traceback.print_exc()
        return _fail("this is a fault of conflictnews itself; please report it with the lines above", 3)


def _fail(message: str, code: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return code
