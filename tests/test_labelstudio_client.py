"""A real Label Studio takes our screen and our tasks and gives them back: run with CONFLICTNEWS_CLIENTS=1.

The environment with Label Studio (about 1 GB) is the one that CONFLICTNEWS_LABELSTUDIO names, or is made for the run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from conflictnews import load_corpus
from conflictnews.errors import DocumentError
from conflictnews.io import labelstudio
from conflictnews.model import Document, Entity, Quote, Span
from labelstudio_client import VERSION, Client, server

pytestmark = [
    pytest.mark.client,
    pytest.mark.slow,
    pytest.mark.skipif(
        os.environ.get("CONFLICTNEWS_CLIENTS") != "1", reason="starts a real Label Studio: set CONFLICTNEWS_CLIENTS=1 (and CONFLICTNEWS_LABELSTUDIO to its environment)"
    ),
]

HARD = Document(
    "hard-1",
    "Kono 🧨 fell.\r\n\r\nThe 2nd 👩‍🚒 brigade left.\rOne\u2028two <b>three</b> &amp; four.\n\n  Five\t tabbed   spaces.\r\n“Six”, said e\u0301lan.\n",
    entities=(Entity(0, 4, "GPE", surface="Kono"), Entity(0, 4, "LOC", id="a b", low=1.5), Entity(28, 49, "MIL", id="x"), Entity(53, 58, "PER", surface="stale")),
    events=None,
    quotes=(Quote((Span(103, 106), Span(0, 4)), speakers=("nobody",), parent="lost"),),
    boilerplate=(),
)

VALIDATE = """
import json, sys
from label_studio_sdk.label_interface import LabelInterface
screen = LabelInterface(open(sys.argv[1] + "/config.xml", encoding="utf-8").read())
screen.validate()
tasks = json.load(open(sys.argv[1] + "/tasks.json", encoding="utf-8"))
print(json.dumps([screen.validate_annotation(a) for t in tasks for a in t["annotations"]]))
tasks[0]["annotations"][0]["result"][1]["value"]["labels"] = ["NO_SUCH_LABEL"]
print(json.dumps(screen.validate_annotation(tasks[0]["annotations"][0])))
"""


@pytest.fixture(scope="module")
def programs() -> Iterator[Path]:
    """The folder with the programs of an environment that has Label Studio; one that was made for the run is gone after it."""
    given = os.environ.get("CONFLICTNEWS_LABELSTUDIO")
    if given:
        yield Path(given) / "bin"
        return
    with tempfile.TemporaryDirectory(prefix="labelstudio-") as place:
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run([Path(place) / "bin" / "python", "-m", "pip", "install", "--quiet", f"label-studio=={VERSION}"], check=True, timeout=1800)
        yield Path(place) / "bin"


@pytest.fixture(scope="module")
def client(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A logged-in client of a server that is stopped at the end."""
    with server(programs / "label-studio", tmp_path_factory.mktemp("server")) as found:
        yield found


def through(client: Client, folder: Path, documents: tuple[Document, ...]) -> tuple[int, tuple[Document, ...]]:
    """The number of a project with these documents, and what its export says."""
    labelstudio.write(documents, folder / "project")
    project = client.project("conflictnews", (folder / "project" / "config.xml").read_text(encoding="utf-8"))
    told = client.load(project, (folder / "project" / "tasks.json").read_bytes())
    assert told["task_count"] == len(documents)
    (folder / "export.json").write_bytes(client.export(project))
    return project, tuple(sorted(labelstudio.read(folder / "export.json"), key=lambda d: d.doc_id))


def test_the_corpus_comes_back_identical_from_a_server(client: Client, tmp_path: Path) -> None:
    documents = tuple(sorted(load_corpus("dev"), key=lambda d: d.doc_id))
    project, found = through(client, tmp_path, documents)
    assert found == documents
    (tmp_path / "min.json").write_bytes(client.export(project, "JSON_MIN"))
    with pytest.raises(DocumentError, match="is a JSON_MIN export"):
        list(labelstudio.read(tmp_path / "min.json"))


def test_hard_characters_and_what_the_screen_cannot_show_come_back_from_a_server(client: Client, tmp_path: Path) -> None:
    assert through(client, tmp_path, (HARD,))[1] == (HARD,)


def test_a_second_annotation_on_a_server_makes_the_choice_open(client: Client, tmp_path: Path) -> None:
    project, _ = through(client, tmp_path, (HARD,))
    (task,) = json.loads(client.export(project))
    mention = {"id": "n1", "type": "labels", "from_name": "entities", "to_name": "text", "value": {"start": 5, "end": 6, "text": "🧨", "labels": ["WPN"]}}
    client.json("POST", f"/api/tasks/{task['id']}/annotations/", {"result": [mention]})
    (tmp_path / "two.json").write_bytes(client.export(project))
    with pytest.raises(DocumentError, match=r"\(hard-1\): has 2 annotations"):
        list(labelstudio.read(tmp_path / "two.json"))
    client.json("PATCH", f"/api/annotations/{task['annotations'][0]['id']}/", {"was_cancelled": True})
    (tmp_path / "one.json").write_bytes(client.export(project))
    (document,) = labelstudio.read(tmp_path / "one.json")
    assert document.entities == (Entity(5, 6, "WPN", id="n1", surface="🧨"),)


def test_predictions_come_back_from_a_server_by_their_version(client: Client, tmp_path: Path) -> None:
    labelstudio.write([HARD], tmp_path / "project", predictions="rules-1")
    project = client.project("predictions", (tmp_path / "project" / "config.xml").read_text(encoding="utf-8"))
    client.load(project, (tmp_path / "project" / "tasks.json").read_bytes())
    (tmp_path / "plain.json").write_bytes(client.export(project))
    with pytest.raises(DocumentError, match=r"nothing is by 'rules-1'; .*; predictions are there by number only, export a snapshot that has them in full"):
        list(labelstudio.read(tmp_path / "plain.json", annotator="rules-1"))
    (tmp_path / "export.json").write_bytes(client.snapshot(project))
    assert tuple(labelstudio.read(tmp_path / "export.json", annotator="rules-1")) == (HARD,)


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_the_tool_s_own_check_finds_every_result_right(programs: Path, tmp_path: Path, split: str) -> None:
    documents = [*load_corpus(split), HARD]
    labelstudio.write(documents, tmp_path / "project")
    ran = subprocess.run([programs / "python", "-W", "ignore", "-c", VALIDATE, tmp_path / "project"], capture_output=True, text=True, check=True)
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [[True] * len(documents), False]


def test_a_server_is_stopped_also_when_a_test_fails(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), server(programs / "label-studio", tmp_path) as found:
        _ = 1 / 0
    with pytest.raises(OSError, match=r"refused"):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(found.base + "/health", timeout=5)
