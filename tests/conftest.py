"""What the tests share: small documents, the command line in this process, and the third-party texts where they are at hand."""

from __future__ import annotations

import io
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"

ROOT = Path(__file__).resolve().parent.parent


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def run(*arguments: object) -> Ran:
    """Run the command line in this process, as `main` does."""
    from conflictnews.cli import main

    out, err = io.StringIO(), io.StringIO()
    argv = sys.argv
    sys.argv = ["conflictnews", *map(str, arguments)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    finally:
        sys.argv = argv
    return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's data or caches."""
    base = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("CONFLICTNEWS_DATA", str(base / "data"))
    monkeypatch.delenv("CONFLICTNEWS_CORPUS", raising=False)


def shared_real() -> Path | None:
    """The folder with the third-party texts, or None."""
    base = Path(os.environ.get("CONFLICTNEWS_SHARED") or ROOT.parent / "shared" / "data")
    folder = base / "real"
    return folder if (folder / "morning-star.txt").is_file() else None


@pytest.fixture
def real_texts() -> Path:
    """The folder with the third-party texts; the test is skipped where there is none."""
    folder = shared_real()
    if folder is None:
        pytest.skip("the third-party texts of test_real are not here (set CONFLICTNEWS_SHARED to the folder that holds real/)")
    return folder


@pytest.fixture
def hydrated_texts(real_texts: Path) -> Path:
    """The same, with test_real hydrated into this test's data folder."""
    ran = run("hydrate", "--from", real_texts)
    assert ran.code == 0, ran.err
    return real_texts
