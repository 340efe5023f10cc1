"""Language models on the corpus, as a task of Inspect (`inspect eval conflictnews/conflictnews --model ...`, package inspect-ai).

A model is given the labels of a layer with their descriptions and a page, and answers with JSON in which annotations are words of the page. The words are put on the text
(`conflictnews.alignment`), and what comes out is scored as any system's output is: a surface that the page does not have is a false positive.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from conflictnews.alignment import LooseDocument, align
from conflictnews.corpus import load_corpus
from conflictnews.errors import ConflictNewsError, MissingExtraError
from conflictnews.model import Document
from conflictnews.schema import Schema, load_schema
from conflictnews.scoring import HEADLINES
from conflictnews.scoring import score as score_documents

try:
    from inspect_ai import Task, task
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
    from inspect_ai.solver import TaskState, generate
except ImportError as error:
    raise MissingExtraError("the Inspect task", "inspect") from error

FORMS = {
    "entities": '{"entities": [{"label": "LABEL", "level": "LEVEL", "surface": "words"}]}',
    "events": '{"events": [{"label": "TYPE", "trigger": "word", "factuality": "VALUE", "arguments": [{"role": "ROLE", "surface": "words"}]}]}',
    "quotes": '{"quotes": [{"type": "TYPE", "content": ["words"], "cue": ["word"], "source": ["words"], "speakers": ["ID"]}], "entities": [{"label": "LABEL", "surface": "words", "entity": "ID"}]}',
    "boilerplate": '{"boilerplate": [{"label": "LABEL", "surface": "the whole lines of the block"}]}',
}
"""Layer -> the form of an answer."""

_JSON = re.compile(r"\{.*\}", re.DOTALL)


def instructions(layer: str, schema: Schema | None = None) -> str:
    """What the model is told of a layer: what is marked, every label with its description, and the form of the answer."""
    schema = schema or load_schema()
    told = {
        "entities": lambda: _described({name: label.description for name, label in schema.entities.labels.items()} | schema.entities.levels),
        "events": lambda: _described(
            {name: f"{label.description} Roles: {', '.join(schema.roles_of(name))}." for name, label in schema.events.labels.items()} | schema.events.factuality
        ),
        "quotes": lambda: _described(schema.quotes.types),
        "boilerplate": lambda: _described({name: label.description for name, label in schema.boilerplate.labels.items()}),
    }
    if layer not in told:
        raise ConflictNewsError(f"there is no layer {layer!r}; the layers are {', '.join(told)}")
    return (
        f"Annotate the {layer} of the news page below. Mark every occurrence, in the order of the page, with words exactly as they stand there; leave out page furniture"
        f"{'' if layer != 'boilerplate' else ' never: it is what is asked for'}. The labels are:\n{told[layer]()}\n\nAnswer with JSON alone, in this form:\n{FORMS[layer]}"
    )


def _described(descriptions: dict[str, str]) -> str:
    return "\n".join(f"- {name}: {text}" for name, text in descriptions.items())


def parse_answer(completion: str, doc_id: str, layer: str) -> LooseDocument:
    """The annotations of an answer, whatever stands around its JSON; an answer that has none is a document with nothing found."""
    found = _JSON.search(completion)
    try:
        data = json.loads(found.group()) if found else {}
        kept = {name: data[name] for name in ("entities", layer) if isinstance(data.get(name), list)}
        return msgspec.convert({"doc_id": doc_id, layer: [], **kept}, LooseDocument)
    except (ValueError, msgspec.ValidationError, AttributeError):
        return msgspec.convert({"doc_id": doc_id, layer: []}, LooseDocument)


def judge(completion: str, gold: Document, layer: str) -> dict[str, float]:
    """True positives, gold and predicted counts of the layer's ranking metric for one answer, and whether it could be read."""
    loose = parse_answer(completion, gold.doc_id, layer)
    try:
        predicted, _ = align(loose, gold.text or "", gold=gold)
    except ConflictNewsError:
        predicted = Document(doc_id=gold.doc_id, **{layer: ()})  # type: ignore[arg-type]
    result = score_documents([gold], [predicted], layers=[layer], resamples=0).scores[HEADLINES[layer]]
    return {"tp": float(result.tp), "gold": float(result.n_gold), "predicted": float(result.n_predicted), "readable": float(_JSON.search(completion) is not None)}


@metric  # type: ignore[untyped-decorator]
def f1() -> Metric:
    """Micro F1 over the pages, from the counts of each."""

    def over(scores: list[SampleScore]) -> float:
        rows: list[dict[str, Any]] = [s.score.value for s in scores if isinstance(s.score.value, dict)]
        tp, both = sum(r["tp"] for r in rows), sum(r["gold"] + r["predicted"] for r in rows)
        return 2 * tp / both if both else 0.0

    return over


@metric  # type: ignore[untyped-decorator]
def readable() -> Metric:
    """The share of answers that hold JSON."""

    def over(scores: list[SampleScore]) -> float:
        rows: list[dict[str, Any]] = [s.score.value for s in scores if isinstance(s.score.value, dict)]
        return sum(r["readable"] for r in rows) / len(rows) if rows else 0.0

    return over


@scorer(metrics=[f1(), readable()])  # type: ignore[untyped-decorator]
def ranking_metric(layer: str, split: str) -> Scorer:
    """Counts of the layer's ranking metric for each page."""
    gold = {d.doc_id: d for d in load_corpus(split)}

    async def over(state: TaskState, target: Target) -> Score:
        return Score(value=judge(state.output.completion, gold[str(state.sample_id)], layer), answer=state.output.completion, metadata={"metric": HEADLINES[layer]})

    return over


@task  # type: ignore[untyped-decorator]
def conflictnews(layer: str = "entities", split: str = "test") -> Task:
    """The pages of a split with the instructions of a layer; scored by its ranking metric."""
    told = instructions(layer)
    samples = [Sample(id=d.doc_id, input=f"{told}\n\nThe page:\n\n{d.text}") for d in load_corpus(split)]
    return Task(dataset=MemoryDataset(samples, name=f"conflictnews-{split}"), solver=generate(), scorer=ranking_metric(layer, split))
