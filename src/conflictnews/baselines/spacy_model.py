"""Baselines that spaCy trains from a configuration: an entity recogniser and a span categoriser for quotes, each over spaCy's own vectors of hashed words (tok2vec).

The parameters are kept as spaCy serialises them (msgpack: numbers and strings) beside the configuration; nothing in them is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from conflictnews.baselines.identity import identify
from conflictnews.baselines.lines import LineCrf
from conflictnews.baselines.mentions import MentionCrf, furniture
from conflictnews.baselines.pages import Sentence
from conflictnews.baselines.quotes import QuoteCrf
from conflictnews.errors import ConflictNewsError, MissingExtraError
from conflictnews.model import Document, Entity, Quote
from conflictnews.resources import baselines_dir
from conflictnews.schema import load_schema

ENTITIES, QUOTES = "entities-spacy", "quotes-spancat"
LEFT_OUT = ("vocab", "tokenizer", "meta")
"""Parts of a spaCy pipeline that its configuration gives already."""


def train(config: Any, *, seed: int, progress: Callable[[int], object] = lambda n: None) -> dict[str, bytes]:
    """The files of a pipeline trained as a spaCy `config` says, stopped early on its dev set: name -> bytes. The same seed gives the same bytes on one machine."""
    try:
        from spacy.training.initialize import init_nlp
        from spacy.training.loop import train as loop
    except ImportError as error:
        raise MissingExtraError("a spaCy baseline", "baselines") from error
    config = config.copy()
    config["system"]["seed"] = seed
    config["training"]["seed"] = seed
    config["training"]["logger"] = {"@loggers": "conflictnews.silent.v1"}
    with registered(progress):
        nlp = init_nlp(config, use_gpu=-1)
        nlp, _ = loop(nlp, None, use_gpu=-1, stdout=StringIO(), stderr=StringIO())
        if nlp.config["training"]["optimizer"].get("use_averages"):
            raise ConflictNewsError("a configuration with averaged weights is not supported")
    nlp.config["paths"]["train"] = nlp.config["corpora"]["train"]["path"] = None  # a folder that is gone
    return {"config.cfg": nlp.config.to_str().encode(), "weights.msgpack": nlp.to_bytes(exclude=list(LEFT_OUT))}


def train_layer(layer: str, documents: Iterable[Document], config: dict[str, Any], seed: int, progress: Callable[[int], object] = lambda n: None) -> dict[str, bytes]:
    """The files of a layer's pipeline trained on `documents` by the configuration that comes with the package, for at most ``max_steps`` steps."""
    from tempfile import TemporaryDirectory

    from thinc.api import Config

    from conflictnews.io.jsonl import write_jsonl

    path = Path(__file__).parent.parent / "spacy_components" / "configs" / f"{layer}.cfg"
    whole = Config().from_disk(path, interpolate=False)
    whole["training"]["max_steps"] = int(config["max_steps"])
    with TemporaryDirectory(prefix="conflictnews-") as folder:
        write_jsonl(documents, Path(folder) / "train.jsonl")
        whole["paths"]["train"] = str(Path(folder) / "train.jsonl")
        return train(whole, seed=seed, progress=progress)


def registered(progress: Callable[[int], object]) -> Any:
    """A context in which spaCy knows a logger that only tells `progress` the step."""
    from contextlib import contextmanager

    import spacy

    @contextmanager
    def known() -> Iterator[None]:
        def silent() -> Any:
            def setup(nlp: Any, stdout: Any = None, stderr: Any = None) -> Any:
                def step(info: dict[str, Any] | None) -> None:
                    if info is not None:
                        progress(int(info["step"]))

                return step, lambda: None

            return setup

        spacy.registry.loggers.register("conflictnews.silent.v1", func=silent)
        yield

    return known()


def load_pipeline(folder: Path) -> Any:
    """The spaCy pipeline that lies in a folder; ConflictNewsError where it is missing or broken."""
    try:
        from spacy.util import load_model_from_config
        from thinc.api import Config
    except ImportError as error:
        raise MissingExtraError("a spaCy baseline", "baselines") from error
    try:
        config = Config().from_str((folder / "config.cfg").read_text(encoding="utf-8"))
        nlp = load_model_from_config(config, auto_fill=False, validate=True)
        nlp.from_bytes((folder / "weights.msgpack").read_bytes(), exclude=list(LEFT_OUT))
    except OSError as error:
        raise ConflictNewsError(f"{error.filename} is missing; train the baseline again with `conflictnews train`") from error
    except ValueError as error:
        raise ConflictNewsError(f"{folder}: {error}; train the baseline again with `conflictnews train`") from error
    nlp.max_length = 10**9
    return nlp


class SpacyEntities:
    """The entity recogniser; what lies in furniture, as the line model sees it, is left out."""

    def __init__(self, nlp: Any, lines: LineCrf) -> None:
        self.nlp, self.lines = nlp, lines
        self.schema = load_schema()

    @classmethod
    def load(cls, folder: Path | None = None) -> SpacyEntities:
        """With the shipped parameters, or those of a folder."""
        return cls(load_pipeline(folder or baselines_dir() / ENTITIES), LineCrf.load())

    def __call__(self, texts: Iterable[Document]) -> Iterator[Document]:
        """Each document with an entity layer."""
        levels = {name: label.levels[0] for name, label in self.schema.entities.labels.items()}
        for document in texts:
            text = document.text or ""
            hidden = furniture(Document(doc_id=document.doc_id, boilerplate=self.lines.blocks(text)), self.schema)
            spans: Sequence[Any] = self.nlp(text).ents if text else ()
            found = [
                Entity(start=s.start_char, end=s.end_char, label=s.label_, level=levels[s.label_])
                for s in spans
                if s.label_ in levels and s.text.strip() and not any(low <= s.start_char < high for low, high in hidden)
            ]
            yield Document(doc_id=document.doc_id, text_sha256=document.text_sha256, entities=tuple(identify(found, text)))


LONGEST = 4000
"""Characters of a line: the candidates of a longer one are too many for memory, so it is cut up."""


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """The whole text, or, where a line of it has more than `LONGEST` characters, pieces of no more than that, cut at white space where there is some."""
    if all(len(line) <= LONGEST for line in text.split("\n")):
        yield 0, len(text)
        return
    at = 0
    while at < len(text):
        end = min(at + LONGEST, len(text))
        space = max(text.rfind(" ", at + 1, end), text.rfind("\n", at + 1, end)) if end < len(text) else -1
        end = space if space > at else end
        yield at, end
        at = end


class SpacyQuotes(QuoteCrf):
    """The span categoriser with our suggester for content, cue and source; what is made of them, and the speakers, as in the field's baseline."""

    def __init__(self, nlp: Any, mentions: MentionCrf, speaking: Iterable[str]) -> None:
        super().__init__(None, mentions, speaking)
        self.nlp = nlp
        self.spans: list[tuple[int, int, str]] = []

    @classmethod
    def load(cls, folder: Path | None = None) -> SpacyQuotes:
        """With the shipped parameters, or those of a folder."""
        shipped = QuoteCrf.load()
        return cls(load_pipeline(folder or baselines_dir() / QUOTES), shipped.mentions, shipped.speaking)

    def parts(self, block: Sentence, mentions: Sequence[Entity]) -> list[tuple[int, int, str]]:
        """The spans of the page that lie in a paragraph, cut to it."""
        cut = ((max(start, block.start), min(end, block.end), name) for start, end, name in self.spans)
        return sorted(part for part in cut if part[0] < part[1])

    def find(self, text: str, sentences: Sequence[Sentence], mentions: Sequence[Entity]) -> tuple[list[Quote], list[Entity]]:
        """The quotes of a page, and the mentions with those that its sources add."""
        self.spans = []
        for start, end in stretches(text):
            doc = self.nlp(text[start:end])  # the spans live as long as it does
            found = doc.spans.get(self.nlp.get_pipe("spancat").key, ())
            self.spans += [(start + s.start_char, start + s.end_char, s.label_) for s in found if s.text.strip()]
        return super().find(text, sentences, mentions)
