"""spaCy finds our reader, scorers and suggesters by name, and the shipped configs train, with the commands that spaCy comes with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.tokens import Span
from spacy.training import Example
from thinc.api import Config

from builders import event, quote
from conflictnews import load_corpus, score
from conflictnews.errors import ConflictNewsError, DocumentError
from conflictnews.io import spacy as docbin
from conflictnews.io.jsonl import write_jsonl
from conflictnews.model import LAYERS, BoilerplateSpan, Document, Entity
from conflictnews.spacy_components import config_path
from conflictnews.spacy_components.reader import corpus_reader, example
from conflictnews.spacy_components.scorers import score_examples
from conflictnews.spacy_components.suggesters import line_suggester, quote_suggester

NLP = spacy.blank("en")

NAMES = {
    "readers": ["conflictnews.Corpus.v1"],
    "scorers": [f"conflictnews.{layer}_scorer.v1" for layer in LAYERS],
    "misc": ["conflictnews.line_suggester.v1", "conflictnews.quote_suggester.v1"],
}


def command(*arguments: object, cwd: Path, code: int = 0) -> str:
    """What a command of spaCy prints, run as a user does."""
    done = subprocess.run([sys.executable, "-m", "spacy", *map(str, arguments)], cwd=cwd, env=os.environ | {"NO_COLOR": "1"}, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def _installed() -> None:
    """spaCy looks our names up in what is installed: source on the path alone is not enough."""
    if not any(point.name == NAMES["readers"][0] for point in entry_points(group="spacy_readers")):
        pytest.skip("conflictnews is not installed with its entry points here (python -m pip install -e .)")


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("registry", NAMES)
def test_spacy_finds_ours_by_name(registry: str) -> None:
    assert sorted(name for name in getattr(spacy.registry, registry).get_all() if name.startswith("conflictnews.")) == sorted(NAMES[registry])


def examples(**options: Any) -> list[Any]:
    return list(corpus_reader(**options)(NLP))


PAGE = Document(
    doc_id="p",
    text="Kono army raided Tal.\n\nDonate now\n\n  Today \nEnd",
    entities=(Entity(0, 9, "MIL", level="NOM"), Entity(0, 4, "GPE", level="NAM"), Entity(17, 20, "GPE"), Entity(34, 44, "TIME", level="VAL")),
    events=(event("ATTACK", 10, 16, ("TARGET", 17, 20)),),
    quotes=(quote((0, 9), (10, 16)),),
    boilerplate=(BoilerplateSpan(23, 44, "DONATE"),),
)


@pytest.mark.parametrize("layer, levels, expected", [
    ("entities", None, [("Kono", "GPE"), ("Tal", "GPE"), ("Today", "TIME")]),
    ("entities", ["NOM"], [("Kono army", "MIL"), ("Tal", "GPE")]),
    ("events", None, [("raided", "ATTACK")]),
    ("quotes", None, [("Kono army", "content"), ("raided", "content")]),
    ("boilerplate", None, [("Donate now", "DONATE"), ("Today", "DONATE")]),
])  # fmt: skip
def test_the_reader_gives_what_a_component_learns(layer: str, levels: list[str] | None, expected: list[tuple[str, str]]) -> None:
    reference = example(PAGE, NLP, [layer], levels=levels).reference
    assert [(s.text, s.label_) for s in reference.spans[layer]] == expected
    assert [(e.text, e.label_) for e in reference.ents] == (expected if layer == "entities" else [])


def test_of_nested_mentions_the_outermost_are_learnt_as_entities() -> None:
    reference = example(PAGE, NLP, ["entities"], levels=["NOM", "NAM"]).reference
    assert [e.text for e in reference.ents] == ["Kono army", "Tal"]
    assert [s.text for s in reference.spans["entities"]] == ["Kono army", "Kono", "Tal"]


def test_the_pipeline_sees_the_words_and_none_of_the_annotations() -> None:
    predicted = example(PAGE, NLP, LAYERS).predicted
    assert (predicted.text, list(predicted.ents), dict(predicted.spans), predicted.user_data) == (PAGE.text, [], {}, {})


@pytest.mark.parametrize("alignment, found", [("expand", ["U.S.-backed"]), ("strict", [])])
def test_the_reader_aligns_as_it_is_told(alignment: str, found: list[str]) -> None:
    document = Document(doc_id="d", text="a U.S.-backed force", entities=(Entity(2, 6, "GPE"),))
    assert [e.text for e in example(document, NLP, ["entities"], alignment=alignment).reference.ents] == found


def test_the_reader_takes_a_split_or_a_file_of_any_format(tmp_path: Path) -> None:
    assert len(examples(layer="events", split="dev")) == len(load_corpus("dev"))
    assert len(examples(layer="events", split="dev", limit=1)) == 1
    write_jsonl([PAGE, Document(doc_id="q", text="No layer.")], tmp_path / "a.jsonl")
    docbin.write([PAGE], tmp_path / "a.spacy")
    for name in ("a.jsonl", "a.spacy"):
        (found,) = examples(layer=["entities", "quotes"], path=str(tmp_path / name), split="train")
        assert sorted(found.reference.spans) == ["entities", "quotes"]


@pytest.mark.parametrize("options, message", [
    ({"layer": "events"}, "neither a path nor a split"),
    ({"layer": "verbs", "split": "dev"}, "there is no layer 'verbs'; the layers are entities, events"),
    ({"layer": "events", "split": "dev", "alignment": "closest"}, "there is no alignment 'closest'"),
    ({"layer": "events", "split": "eval"}, "there is no split 'eval'"),
    ({"layer": "events", "path": "none.jsonl"}, "there is no such file"),
])  # fmt: skip
def test_what_the_reader_cannot_read_is_said(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConflictNewsError, match=message):
        examples(**options)


def test_documents_without_the_layer_or_without_words_are_no_examples(tmp_path: Path) -> None:
    write_jsonl([Document(doc_id="d", text="No layer.")], tmp_path / "a.jsonl")
    with pytest.raises(ConflictNewsError, match="no document has the layer events; there is nothing to train on"):
        examples(layer="events", path=tmp_path / "a.jsonl")
    write_jsonl([Document(doc_id="d", events=())], tmp_path / "a.jsonl")
    with pytest.raises(ConflictNewsError, match="d: has no text, and a training example carries the words"):
        examples(layer="events", path=tmp_path / "a.jsonl")


def predicted(document: Document, layer: str, *spans: tuple[int, int, str], key: str = "") -> Any:
    """An example whose pipeline has found `spans`."""
    found = example(document, NLP, [layer])
    tokens = docbin.Tokens(found.predicted)
    made = [Span(found.predicted, *(tokens.place(start, end) or (0, 1)), label=label) for start, end, label in spans]
    if layer == "entities" and not key:
        found.predicted.ents = made
    else:
        found.predicted.spans[key or layer] = made
    return found


def test_entities_are_scored_on_characters_with_the_metrics_of_conflictnews() -> None:
    found = score_examples([predicted(PAGE, "entities", (0, 4, "GPE"), (17, 20, "LOC"))], layer="entities")
    assert (found["conflictnews_entities_strict_p"], found["conflictnews_entities_strict_r"]) == (1 / 2, 1 / 3)
    assert found["conflictnews_entities_strict_f"] == 2 * 1 / (2 + 3)
    assert found["conflictnews_entities_exact_f"] == 2 * 2 / (2 + 3)
    assert {label: part["f"] for label, part in found["conflictnews_entities_strict_per_type"].items()} == {"GPE": 2 / 3, "LOC": 0.0, "MIL": None, "TIME": 0.0}
    assert found["conflictnews_entities_strict_macro_f"] == pytest.approx(2 / 9)


def test_an_edge_that_the_tokens_moved_costs_the_prediction() -> None:
    document = Document(doc_id="d", text="a U.S.-backed force", entities=(Entity(2, 6, "GPE"),))
    found = score_examples([predicted(document, "entities", (2, 13, "GPE"))], layer="entities")
    assert (found["conflictnews_entities_strict_f"], found["conflictnews_entities_partial_f"]) == (0.0, 0.5)


def test_a_component_is_scored_from_its_own_span_group() -> None:
    for key in ("sc", "events"):
        found = score_examples([predicted(PAGE, "events", (10, 16, "ATTACK"), key=key)], layer="events", spans_key=key)
        assert (found["conflictnews_events_trigger_f"], found["conflictnews_events_trigger_macro_f"], found["conflictnews_events_argument_f"]) == (1.0, 1.0, 0.0)


def test_a_source_goes_to_the_nearest_quote_and_one_without_any_quote_is_no_part_of_the_scores() -> None:
    document = Document(doc_id="d", text="“One,” said Ada. “Two,” said Bo.", quotes=(quote((0, 6)), quote((17, 23))))
    spans = [(0, 6, "content"), (17, 23, "content"), (12, 15, "source"), (29, 31, "source")]
    found = score_examples([predicted(document, "quotes", *spans)], layer="quotes", spans_key="quotes")
    assert found["conflictnews_quotes_content_strict_f"] == 1.0
    assert (found["conflictnews_quotes_source_strict_p"], found["conflictnews_quotes_source_strict_r"]) == (0.0, None)
    alone = score_examples([predicted(document, "quotes", (12, 15, "source"))], layer="quotes", spans_key="quotes")
    assert (alone["conflictnews_quotes_content_strict_p"], alone["conflictnews_quotes_content_strict_r"]) == (None, 0.0)


def test_lines_of_a_block_are_as_good_as_the_block() -> None:
    found = score_examples([predicted(PAGE, "boilerplate", (23, 33, "DONATE"), (37, 42, "AD"))], layer="boilerplate", spans_key="boilerplate")
    assert found["conflictnews_boilerplate_line_f"] == 1.0


def perfect(document: Document, layer: str) -> Any:
    found = example(document, NLP, [layer])
    for name, group in found.reference.spans.items():
        found.predicted.spans[name] = [Span(found.predicted, s.start, s.end, label=s.label_) for s in group]
    return found


@pytest.mark.parametrize("layer, metric, least", [
    ("entities", "entities_strict", 0.99),
    ("events", "events_trigger", 0.99),
    ("quotes", "quotes_content_iou", 0.9),
    ("boilerplate", "boilerplate_line", 0.97),
])  # fmt: skip
def test_a_pipeline_that_gave_back_its_reference_would_nearly_have_gold(layer: str, metric: str, least: float) -> None:
    found = score_examples([perfect(d, layer) for d in load_corpus("dev")], layer=layer, spans_key=layer)
    assert least <= found[f"conflictnews_{metric}_f"] <= 1.0


def test_the_scores_are_those_of_the_score_function() -> None:
    gold = load_corpus("dev")
    outputs = [perfect(d, "events") for d in gold]
    documents = [docbin.from_doc(e.predicted, doc_id=d.doc_id) for e, d in zip(outputs, gold, strict=True)]
    ours = score(gold, documents, layers=["events"]).scores
    found = score_examples(outputs, layer="events", spans_key="events")
    assert {name: found[f"conflictnews_{name.replace('.', '_')}_f"] for name in ours} == {name: value.f1 for name, value in ours.items()}


def test_gold_without_the_layer_is_not_asked_about_and_nothing_asked_gives_no_score() -> None:
    bare = Example(NLP.make_doc("No layer."), NLP.make_doc("No layer."))
    assert set(score_examples([bare], layer="events").values()) == {None}
    one = predicted(PAGE, "events", (10, 16, "ATTACK"))
    assert score_examples([one, bare], layer="events") == score_examples([one], layer="events")


def test_gold_by_others_is_what_their_reference_says() -> None:
    reference = NLP.make_doc("Kono won")
    reference.ents = [Span(reference, 0, 1, label="City")]
    output = NLP.make_doc("Kono won")
    output.ents = [Span(output, 0, 1, label="City")]
    assert score_examples([Example(output, reference)], layer="entities")["conflictnews_entities_strict_f"] == 1.0


def test_a_reference_whose_words_were_changed_is_refused() -> None:
    changed = NLP.make_doc("kono won")
    changed.user_data.update(example(PAGE, NLP, ["entities"]).reference.user_data)
    with pytest.raises(DocumentError, match="p: the reference's text is not that of its gold"):
        score_examples([Example(NLP.make_doc("kono won"), changed)], layer="entities")


def suggested(suggester: Any, *texts: str) -> list[set[str]]:
    docs = [NLP.make_doc(text) for text in texts]
    found = suggester(docs)
    assert found.dataXd.shape[1] == 2
    return [{doc[start:end].text for start, end in part.dataXd.tolist()} for doc, part in zip(docs, found, strict=True)]


@pytest.mark.parametrize("text, content", [
    ("“We won,” said Ada.", "“We won,”"),
    ("He said \"we won it all\" twice.", "\"we won it all\""),
    ("It said «ours is the land» again.", "«ours is the land»"),
    ("He went ``on and on and on'' there.", "``on and on and on''"),
    ("She said ‘the boy’s mother was there.’ So.", "‘the boy’s mother was there.’"),
    ("Officials said the road to the coast had been closed, and left.", "the road to the coast had been closed"),
    ("A: We saw it. We ran. Then we hid. Then it burned.\n\nQ: And?", "We saw it. We ran. Then we hid. Then it burned."),
    ("“One.\n\n“Two.” End.", "“One.\n\n“Two.”"),
])  # fmt: skip
def test_the_quote_suggester_proposes_what_was_said(text: str, content: str) -> None:
    assert content in suggested(quote_suggester(), text)[0]


def test_the_default_suggester_of_spacy_could_not() -> None:
    assert "“We won,”" not in suggested(spacy.registry.misc.get("spacy.ngram_suggester.v1")(sizes=[1, 2, 3]), "“We won,” said Ada.")[0]


@pytest.mark.parametrize("options, most", [({}, 0.95), ({"clauses": 3, "ngrams": 1}, 0.85)])
def test_nearly_every_content_of_the_corpus_is_proposed(options: dict[str, int], most: float) -> None:
    hits = total = candidates = tokens = 0
    for document in (*load_corpus("train"), *load_corpus("dev")):
        reference = example(document, NLP, ["quotes"]).reference
        found = {tuple(row) for row in quote_suggester(**options)([reference]).dataXd.tolist()}
        wanted = [(s.start, s.end) for s in reference.spans["quotes"] if s.label_ == "content"]
        hits, total, candidates, tokens = hits + sum(w in found for w in wanted), total + len(wanted), candidates + len(found), tokens + len(reference)
    assert hits >= most * total
    assert candidates <= 10 * tokens


def test_the_line_suggester_proposes_lines_without_their_margins() -> None:
    text = "  Home | News \n\n\nOne two.\nThree\n"
    assert suggested(line_suggester(), text)[0] == {"Home | News", "One two.", "Three"}
    assert suggested(line_suggester(2), text)[0] == {"Home | News", "One two.", "Three", "Home | News \n\n\nOne two.", "One two.\nThree"}


@pytest.mark.parametrize("suggester", [quote_suggester(), line_suggester()])
def test_suggesters_take_empty_and_blank_pages_and_give_each_span_once(suggester: Any) -> None:
    docs = [NLP.make_doc(text) for text in ("", " \n\n ", "“", "One “two” three.")]
    found = suggester(docs)
    assert found.lengths.tolist()[:3] == [0, 0, 1]
    rows = found[3].dataXd.tolist()
    assert rows == sorted(rows)
    assert len({tuple(row) for row in rows}) == len(rows)
    assert suggester(docs[:2]).dataXd.shape == (0, 2)


def config_of(layer: str) -> Config:
    return Config().from_disk(config_path(layer))


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_has_a_config_that_asks_for_our_reader_scorer_and_nothing_to_download(layer: str) -> None:
    config = config_of(layer)
    assert {part["@readers"] for part in config["corpora"].values()} == {"conflictnews.Corpus.v1"}
    assert {part["layer"] for part in config["corpora"].values()} == {layer}
    assert (config["paths"]["vectors"], config["initialize"]["lookups"]) == (None, None)
    component = config["components"][config["nlp"]["pipeline"][-1]]
    assert component["scorer"] == {"@scorers": f"conflictnews.{layer}_scorer.v1"}
    names = set(score_examples([perfect(PAGE, layer)], layer=layer, spans_key=layer))
    assert {name for name, weight in config["training"]["score_weights"].items() if weight is not None} <= names
    with pytest.raises(ConflictNewsError, match="there is no layer 'verbs'"):
        config_path("verbs")


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("layer, metric", [("entities", "entities_strict"), ("events", "events_trigger"), ("quotes", "quotes_content_iou"), ("boilerplate", "boilerplate_line")])
def test_a_config_trains_and_its_model_is_evaluated_by_the_commands_of_spacy(layer: str, metric: str, tmp_path: Path) -> None:
    few = ["--training.max_steps", 2, "--training.eval_frequency", 1, "--corpora.train.limit", 2, "--corpora.dev.limit", 1]
    assert "Saved pipeline" in command("train", config_path(layer), "--output", "model", *few, cwd=tmp_path)
    gold = load_corpus("dev")[:1]
    docbin.write(gold, tmp_path / "dev.spacy")
    command("evaluate", "model/model-last", "dev.spacy", "--output", "scores.json", cwd=tmp_path)
    scores = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    nlp = spacy.load(tmp_path / "model" / "model-last")
    found = nlp.evaluate(list(corpus_reader(layer, path=tmp_path / "dev.spacy")(nlp)))
    assert scores[f"conflictnews_{metric}_f"] == pytest.approx(found[f"conflictnews_{metric}_f"])
    assert scores[f"conflictnews_{metric}_r"] is not None


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("layer", LAYERS)
def test_the_only_fault_that_spacy_finds_with_the_data_is_how_few_pages_there_are(layer: str, tmp_path: Path) -> None:
    told = command("debug", "data", config_path(layer), "--no-format", cwd=tmp_path, code=1)
    assert "Pipeline can be initialized with data" in told
    assert "Corpus is loadable" in told
    assert f"Low number of examples to train a new pipeline ({len(load_corpus('train'))})" in told
    assert told.rstrip().endswith("1 error")
