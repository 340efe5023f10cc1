"""Every metric there is, in one table."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from conflictnews.scoring import boilerplate, characters, coref, entities, events, pipeline, quotes
from conflictnews.scoring.pair import Pair, Vector


class Task(msgspec.Struct, frozen=True):
    """A metric: its layer, what counts as a hit, where the definition comes from, and the function that counts one document.

    `scale` is what a full hit counts (2 where half credit exists, so that counts stay integers). With `two_sided`, precision has hits of its own: the count
    function gives those of recall first and those of precision, in the same scale, in the place of true negatives; F1 is then the harmonic mean.
    """

    layer: str
    definition: str
    origin: str
    count: Callable[[Pair], Vector]
    scale: int = 1
    level: str = ""
    two_sided: bool = False


_SEMEVAL = "SemEval-2013 task 9.1 (Segura-Bedmar et al. 2013)"
_CONLL = "CoNLL-2012 (Pradhan et al. 2014)"
_TEXTEE = "TextEE (Huang et al. 2024)"
_PARC, _POLNEAR, _HUNGARIAN = "PARC 3.0 exact (Pareti 2015)", "PolNeAR partial (Newell et al. 2018), made one to one", "Hungarian matching on IoU"
_MENTIONS = "all mentions but values"

TRACK = "pipeline"
"""What the metrics over all four layers are listed under; they are scored where a system attempts all of them."""

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
    "entities.fuzzy": Task(
        "entities", "same label and some overlap, one to one", "HIPE fuzzy (Ehrmann et al. 2022)", entities.counter(entities.primary, entities.type_), level="NAM+VAL"
    ),
    "entities.char": Task("entities", "a character has the label, as sets of positions and labels", "character P/R/F", characters.labelled, level="NAM+VAL"),
    "entities.coref.muc": Task("entities", "links between mentions of one entity", f"MUC (Vilain et al. 1995), {_CONLL}", coref.counter(coref.muc), level=_MENTIONS),
    "entities.coref.b3": Task(
        "entities",
        "for each mention, the share of its entity that is right",
        f"B-cubed (Bagga & Baldwin 1998), {_CONLL}",
        coref.counter(coref.b3),
        scale=coref.SCALE,
        level=_MENTIONS,
        two_sided=True,
    ),
    "entities.coref.ceafe": Task(
        "entities", "entities aligned one to one by phi-4, 2 shared / (both sizes)", f"CEAF-e (Luo 2005), {_CONLL}", coref.counter(coref.ceafe), scale=coref.SCALE, level=_MENTIONS
    ),
    "events.trigger_id": Task("events", "same trigger span", "Trig-I (Li, Ji & Huang 2013)", events.counter(events.trigger_spans)),
    "events.trigger": Task("events", "same trigger span and event type", "Trig-C (Li, Ji & Huang 2013)", events.counter(events.triggers)),
    "events.argument_id": Task("events", "same argument span in an event of the same type, as sets", f"Arg-I, {_TEXTEE}", events.counter(events.argument_spans)),
    "events.argument": Task("events", "same argument span and role in an event of the same type, as sets", f"Arg-C, {_TEXTEE}", events.counter(events.argument_roles)),
    "events.argument_attached_id": Task("events", "same argument span, on the same trigger of the same type", f"Arg-I+, {_TEXTEE}", events.counter(events.attached_spans)),
    "events.argument_attached": Task(
        "events", "same argument span and role, on the same trigger of the same type", f"Arg-C+, {_TEXTEE}", events.counter(events.attached_arguments)
    ),
    "events.argument_entity": Task(
        "events", "same role on the same trigger of the same type, filled by the same document entity", "Coref-F1 (WikiEvents, Li, Ji & Han 2021)", events.argument_entities
    ),
    "events.template": Task("events", "fillers shared by document-level events of one type, aligned one to one", "CEAF-RME phi-3 (IterX, Chen et al. 2023)", events.template),
    "events.factuality": Task("events", "same trigger, type and factuality", "ours", events.end_to_end(events.factuality)),
    "events.factuality.matched": Task("events", "of the triggers matched with their type, those of the right factuality (an accuracy)", "ours", events.matched(events.factuality)),
    "events.source": Task("events", "same trigger and type, vouched for by the same document entity or by nobody", "ours", events.end_to_end(events.source)),
    "events.source.matched": Task("events", "of the triggers matched with their type, those with the right source (an accuracy)", "ours", events.matched(events.source)),
    "events.subtype": Task("events", "same trigger, type and subtype", "ours", events.end_to_end(events.subtype)),
    "events.subtype.matched": Task("events", "of the triggers matched with their type, those of the right subtype (an accuracy)", "ours", events.matched(events.subtype)),
    "events.argument_status": Task(
        "events", "same argument span and role on the same trigger of the same type, and same status", "ours", events.end_to_end(events.argument_status)
    ),
    "events.argument_status.matched": Task(
        "events", "of the attached arguments that match, those with the right status (an accuracy)", "ours", events.matched(events.argument_status)
    ),
    "quotes.content.strict": Task("quotes", "same content spans", _PARC, quotes.content_strict),
    "quotes.content.overlap": Task("quotes", "content shares a character, one to one", _POLNEAR, quotes.content_overlap),
    "quotes.content.iou": Task("quotes", "content IoU of at least 1/2, one to one", _HUNGARIAN, quotes.content_iou),
    "quotes.source.strict": Task("quotes", "same source spans", _PARC, quotes.of(quotes.source, quotes.content_strict)),
    "quotes.source.overlap": Task("quotes", "source shares a character, one to one", _POLNEAR, quotes.of(quotes.source, quotes.content_overlap)),
    "quotes.source.iou": Task("quotes", "source IoU of at least 1/2, one to one", _HUNGARIAN, quotes.of(quotes.source, quotes.content_iou)),
    "quotes.cue.strict": Task("quotes", "same cue spans", _PARC, quotes.of(quotes.cue, quotes.content_strict)),
    "quotes.cue.overlap": Task("quotes", "cue shares a character, one to one", _POLNEAR, quotes.of(quotes.cue, quotes.content_overlap)),
    "quotes.cue.iou": Task("quotes", "cue IoU of at least 1/2, one to one", _HUNGARIAN, quotes.of(quotes.cue, quotes.content_iou)),
    "quotes.attributed": Task(
        "quotes", "content IoU of at least 1/2 and the right set of speaker entities", "QuoteLi3 (Muzny et al. 2017), PDNC (Vishnubhotla et al. 2022) end to end", quotes.attributed
    ),
    "quotes.speaker": Task("quotes", "of the quotes matched by content, those with the right set of speakers (an accuracy)", "PDNC (Vishnubhotla et al. 2022)", quotes.speaker),
    "boilerplate.char": Task("boilerplate", "a character is furniture; OPTIONAL furniture masked", "CleanEval-style, per code point", boilerplate.characters),
    "boilerplate.line": Task(
        "boilerplate", "a line is furniture by most of its visible characters; blank lines and OPTIONAL furniture masked", "CleanEval-style, per line", boilerplate.lines
    ),
    "pipeline.joint": Task(
        TRACK,
        "the headline counts of the four layers added up: mentions, attached arguments, attributed quotes and furniture lines, on raw pages",
        "ours",
        pipeline.joint,
    ),
    "pipeline.outside": Task(
        TRACK, "of the predicted mentions, triggers and quotes, those that do not stand in page furniture (an accuracy; OPTIONAL furniture may hold some)", "ours", pipeline.outside
    ),
}

HEADLINES = {"entities": "entities.strict", "events": "events.argument_attached", "quotes": "quotes.attributed", "boilerplate": "boilerplate.line"}
"""The metric that stands for a layer where there is room for one."""
