"""The joint pipeline: a raw page to all four layers, furniture first, then entities, quotes and events on the rest, with ids that hold over the layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conflictnews.baselines.events import EventCrf, page_of
from conflictnews.baselines.mentions import furniture
from conflictnews.baselines.pages import cut
from conflictnews.model import Document


class Pipeline:
    """The trained baselines of all layers, one after the other on one page."""

    def __init__(self, events: EventCrf) -> None:
        self.events = events

    @classmethod
    def load(cls) -> Pipeline:
        """With the shipped parameters of its parts."""
        return cls(EventCrf.load())

    def __call__(self, texts: Iterable[Document]) -> Iterator[Document]:
        """Each document with all four layers."""
        quotes_model = self.events.quotes
        mentions_model = quotes_model.mentions
        for document in texts:
            text = document.text or ""
            blocks = mentions_model.lines.blocks(text)
            sentences = cut(text, furniture(Document(doc_id=document.doc_id, boilerplate=blocks), self.events.schema))
            quotes, mentions = quotes_model.find(text, sentences, mentions_model.find(text, sentences))
            events = self.events.find(page_of(text, sentences, mentions, quotes))
            yield Document(
                doc_id=document.doc_id,
                text_sha256=document.text_sha256,
                entities=tuple(mentions),
                events=tuple(events),
                quotes=tuple(quotes),
                boilerplate=blocks,
            )
