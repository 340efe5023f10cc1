"""Every metric there is, in one table."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from conflictnews.scoring import boilerplate, entities, events, quotes
from conflictnews.scoring.entities import Vector
from conflictnews.scoring.pair import Pair


class Task(msgspec.Struct, frozen=True):
    """A metric: its layer, what counts as a hit, where the definition comes from, and the function that counts one document.

    `scale` is what a full hit counts (2 where half credit exists, so that counts stay integers).
    """

    layer: str
    definition: str
    origin: str
    count: Callable[[Pair], Vector]
    scale: int = 1
    level: str = ""


_SEMEVAL = "SemEval-2013 task 9.1 (Segura-Bedmar et al. 2013)"

TASKS: dict[str, Task] = {
    "entities.strict": Task("entities", "same span and same label", f"CoNLL-2003; {_SEMEVAL} strict", entities.counter(entities.primary, entities.strict), level="NAM+VAL"),
    "entities.exact": Task("entities", "same span, whatever the label", f"{_SEMEVAL} exact", entities.counter(entities.primary, entities.exact), level="NAM+VAL"),
    "entities.partial": Task(
        "entities",
        "same span 1, overlapping span 1/2, whatever the label",
        f"{_SEMEVAL} partial (MUC-5)",
        entities.counter(entities.primary, entities.partial),
        scale=2,
        level="NAM+VAL",
    ),
    "entities.type": Task("entities", "some overlap and the same label", f"{_SEMEVAL} type (MUC-5)", entities.counter(entities.primary, entities.type_), level="NAM+VAL"),
    "entities.strict.all": Task("entities", "same span and same label, mentions of every level", "CoNLL-2003", entities.counter(entities.every, entities.strict), level="all"),
    "events.trigger_id": Task("events", "same trigger span", "Trig-I (Li, Ji & Huang 2013)", events.counter(events.trigger_spans)),
    "events.trigger": Task("events", "same trigger span and event type", "Trig-C (Li, Ji & Huang 2013)", events.counter(events.triggers)),
    "events.argument_attached": Task(
        "events", "same argument span and role, on the same trigger of the same type", "Arg-C+ (TextEE, Huang et al. 2024)", events.counter(events.attached_arguments)
    ),
    "quotes.content.strict": Task("quotes", "same content spans", "PARC 3.0 exact (Pareti 2015)", quotes.content_strict),
    "quotes.content.overlap": Task("quotes", "content shares a character, one to one", "PolNeAR partial (Newell et al. 2018), made one to one", quotes.content_overlap),
    "quotes.content.iou": Task("quotes", "content IoU of at least 1/2, one to one", "Hungarian matching on content IoU", quotes.content_iou),
    "quotes.attributed": Task(
        "quotes", "content IoU of at least 1/2 and the right set of speaker entities", "QuoteLi3 (Muzny et al. 2017), PDNC (Vishnubhotla et al. 2022) end to end", quotes.attributed
    ),
    "quotes.speaker": Task("quotes", "of the quotes matched by content, those with the right set of speakers (an accuracy)", "PDNC (Vishnubhotla et al. 2022)", quotes.speaker),
    "boilerplate.char": Task("boilerplate", "a character is furniture; OPTIONAL furniture masked", "CleanEval-style, per code point", boilerplate.characters),
    "boilerplate.line": Task(
        "boilerplate", "a line is furniture by most of its visible characters; blank lines and OPTIONAL furniture masked", "CleanEval-style, per line", boilerplate.lines
    ),
}

HEADLINES = {"entities": "entities.strict", "events": "events.argument_attached", "quotes": "quotes.attributed", "boilerplate": "boilerplate.line"}
"""The metric that stands for a layer where there is room for one."""
