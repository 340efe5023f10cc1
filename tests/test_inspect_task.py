"""The Inspect task: prompts, answers, scores; run with the mock model of Inspect."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest

pytest.importorskip("inspect_ai", reason="inspect-ai is not installed (extra inspect)")
pytestmark = pytest.mark.filterwarnings("ignore")

from conflictnews.corpus import load_corpus  # noqa: E402
from conflictnews.errors import ConflictNewsError  # noqa: E402
from conflictnews.inspect_task import FORMS, conflictnews, instructions, judge, parse_answer  # noqa: E402
from conflictnews.schema import load_schema  # noqa: E402

GOLD = load_corpus("dev")[0]


def perfect(layer: str) -> str:
    """The gold of a page as a model would answer it."""
    if layer == "entities":
        rows = sorted(GOLD.entities or (), key=lambda e: e.start)
        return json.dumps({"entities": [{"label": e.label, "level": e.level, "surface": e.surface, "start": e.start, "end": e.end} for e in rows]})
    return json.dumps({"boilerplate": [{"label": b.label, "surface": b.surface} for b in GOLD.boilerplate or ()]})


@pytest.mark.parametrize("layer", FORMS)
def test_instructions_name_every_label_of_the_layer(layer: str) -> None:
    schema = load_schema()
    names = {"entities": schema.entities.labels, "events": schema.events.labels, "quotes": schema.quotes.types, "boilerplate": schema.boilerplate.labels}[layer]
    assert all(f"- {name}: " in instructions(layer) for name in names)
    assert FORMS[layer] in instructions(layer)


def test_an_unknown_layer_is_named() -> None:
    with pytest.raises(ConflictNewsError, match="there is no layer 'tokens'"):
        instructions("tokens")


@pytest.mark.parametrize("layer", ["entities", "boilerplate"])
def test_the_gold_as_an_answer_scores_one(layer: str) -> None:
    found = judge(f"Here you are:\n```json\n{perfect(layer)}\n```", GOLD, layer)
    assert found["tp"] == found["gold"] == found["predicted"] > 0


@pytest.mark.parametrize("answer", ["", "I cannot.", "{", '{"entities": 3}', '{"entities": [{"surface": 4}]}', "[]", '{"entities": [{"label": "PER", "surface": ""}]}'])
def test_an_answer_without_annotations_finds_nothing_and_breaks_nothing(answer: str) -> None:
    assert parse_answer(answer, "d", "entities").doc_id == "d"
    found = judge(answer, GOLD, "entities")
    assert (found["tp"], found["predicted"]) == (0, 0)


def test_words_that_the_page_does_not_have_count_as_false() -> None:
    found = judge('{"entities": [{"label": "PER", "level": "NAM", "surface": "Nobody Atall"}]}', GOLD, "entities")
    assert (found["tp"], found["predicted"]) == (0, 1)


def test_the_task_runs_with_the_mock_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inspect_ai import eval as evaluate
    from inspect_ai.model import ModelOutput, get_model
    from inspect_ai.model import _model as models

    monkeypatch.setattr(models, "count_text_tokens", lambda text: len(text) // 4)  # the real one fetches its vocabulary from the net
    size = len(load_corpus("dev"))
    answers = [ModelOutput.from_content("mockllm/model", perfect("entities") if n == 0 else "nothing") for n in range(size)]
    model = get_model("mockllm/model", custom_outputs=answers)
    log = evaluate(conflictnews("entities", "dev"), model=model, log_dir=str(tmp_path), display="none", max_samples=1)[0]
    gc.collect()  # streams that Inspect leaves open complain here, where that is ignored, and not in a later test
    assert log.status == "success"
    metrics = {name: m.value for name, m in log.results.scores[0].metrics.items()}
    gold = [judge("", d, "entities")["gold"] for d in load_corpus("dev")]
    assert metrics["f1"] == pytest.approx(2 * gold[0] / (gold[0] + sum(gold)))
    assert metrics["readable"] == pytest.approx(1 / size)
