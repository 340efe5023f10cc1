"""The environment that scripts/bench and scripts/test run in: a virtual environment in the checkout, made once and kept up to date."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def environment(name: str, extras: str, *, requirements: str = "") -> Path:
    """The folder of the programs of the environment `name`, with this checkout and `extras` installed in it."""
    if sys.version_info < (3, 11):
        sys.exit(f"conflictnews needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    folder = ROOT / name
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    wanted = hashlib.sha256(b"".join((ROOT / f).read_bytes() for f in ("pyproject.toml", requirements) if f) + extras.encode() + str(ROOT).encode()).hexdigest()
    stamp = folder / "installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return programs
    print(f"setting up {folder} (once; a few minutes)", flush=True)
    venv.create(folder, with_pip=True, clear=True)
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-e", f".[{extras}]"], cwd=ROOT, check=True)
    if requirements:
        subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", requirements], cwd=ROOT, check=True)
    stamp.write_text(wanted)
    return programs
