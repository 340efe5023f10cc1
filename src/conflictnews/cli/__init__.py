"""The command line: `conflictnews COMMAND`. Exit codes: 0 good, 1 problems or a missed threshold, 2 bad input, 3 our own fault."""

from __future__ import annotations

import os
import sys
import traceback

from conflictnews.errors import ConflictNewsError


def main() -> None:
    """Run the command line; every error we raise on purpose is one message and exit code 2."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the one matrix product of a score is small: more threads cost more than they save
    from conflictnews.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except ConflictNewsError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"error: {where}{error.strerror or error}", file=sys.stderr)
        sys.exit(2)
    except Exception:
        traceback.print_exc()
        print("error: this is a fault of conflictnews itself; please report it with the lines above", file=sys.stderr)
        sys.exit(3)
