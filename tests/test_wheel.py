"""The wheel has all it needs: built, installed beside nothing of the checkout, and used from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conflictnews import load_corpus
from conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)], check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel was installed into."""
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", "--disable-pip-version-check", "--target", str(folder), str(wheel)], check=True)
    return folder


def python(code: str, site: Path, cwd: Path) -> str:
    env = os.environ | {"PYTHONPATH": str(site), "HF_DATASETS_CACHE": str(cwd / "hf")}
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().split("\n")[-1]


def test_the_wheel_carries_corpus_baselines_guidelines_and_licences(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for part in ("corpus/schema.json", "corpus/README.md", "corpus/data/events/test.parquet", "baselines/leaderboard.json", "annotation_guidelines/README.md"):
        assert f"conflictnews/_bundled/{part}" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {"conflictnews/py.typed", "conflictnews/io/typesystem.xml"} <= set(names)
    assert not [name for name in names if "shared" in name or name.endswith((".pkl", ".pickle"))]


def test_documents_scores_and_datasets_come_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    code = """
import conflictnews, pathlib
from conflictnews.resources import corpus_dir, baselines_dir
site = pathlib.Path(conflictnews.__file__).parent
assert corpus_dir() == site / "_bundled" / "corpus", corpus_dir()
assert (baselines_dir() / "leaderboard.json").is_file()
gold = conflictnews.load_corpus("test")
assert conflictnews.score(gold, gold).scores["events.trigger"].f1 == 1
rows = conflictnews.load_dataset("events", split="test")
stream = conflictnews.load_dataset("quotes", split="dev", streaming=True)
assert next(iter(stream))["content"]
print(len(gold), len(rows))
"""
    documents, events = map(int, python(code, installed, tmp_path).split())
    assert documents > 0
    assert events > documents


def test_the_command_works_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    assert (
        python(
            "import sys; sys.argv = ['conflictnews', 'bench', '--split', 'dev', '--system', 'boilerplate-rules', '--json', 'b.json']; from conflictnews.cli import main; main()",
            installed,
            tmp_path,
        )
        is not None
    )
    assert (tmp_path / "b.json").is_file()


def test_spacy_finds_reader_and_config_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    code = """
import pathlib, spacy, thinc.api, conflictnews
from conflictnews.spacy_components import config_path
assert pathlib.Path(conflictnews.__file__).parent in config_path("quotes").parents
config = thinc.api.Config().from_disk(config_path("quotes"))
reader = spacy.registry.resolve(config["corpora"])["train"]
nlp = spacy.util.load_model_from_config(config, auto_fill=True)
print(len(list(reader(nlp))), nlp.pipe_names)
"""
    assert python(code, installed, tmp_path) == f"{len(load_corpus('train'))} ['tok2vec', 'spancat']"
