#!/usr/bin/env python3
"""What action.yml runs: `conflictnews score` with the options in the INPUT_ variables; exit code, F1 and signature become the outputs of the step."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ONCE = ("split", "gold", "baseline", "max-drop", "alpha", "junit-xml", "json")


def arguments(environment: Mapping[str, str]) -> list[str]:
    """The arguments of `conflictnews`. An input that is empty is not given; each value is bound to its option, so that none can pass for another."""
    given = {name: environment.get(f"INPUT_{name.upper().replace('-', '_')}", "").strip() for name in ("predictions", "layers", "fail-under", *ONCE)}
    found = ["score", "--github", *(f"--{name}={given[name]}" for name in ONCE if given[name])]
    found += [f"--layer={layer}" for layer in given["layers"].replace(",", " ").split()]
    found += [f"--fail-under={line.strip()}" for line in given["fail-under"].splitlines() if line.strip()]
    return [*found, "--", given["predictions"]]


if __name__ == "__main__":
    argv = arguments(os.environ)
    if not argv[-1]:
        print("::error::the input predictions is empty; it names the file or folder to score")
        sys.exit(2)
    program = shutil.which("conflictnews", path=str(Path(sys.executable).parent)) or "conflictnews"
    code = subprocess.run([program, *argv]).returncode
    outputs, scores = {"exit-code": str(code)}, Path(os.environ.get("INPUT_JSON", "").strip())
    if code in (0, 1) and scores.is_file():
        result = json.loads(scores.read_bytes())
        outputs |= {"f1": json.dumps({name: score.get("f1") for name, score in result["scores"].items()}), "signature": " ".join(result["signature"].split())}
    if os.environ.get("GITHUB_OUTPUT"):
        with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in outputs.items())
    sys.exit(code)
