"""What a metric counts, in words and on a worked example: conflictnews score --explain."""

from __future__ import annotations


def explain_metrics(name: str) -> None:
    """Print what a metric, or every metric, counts."""
    from conflictnews.errors import ConflictNewsError
    from conflictnews.scoring.tasks import TASKS

    if name != "all" and name not in TASKS:
        raise ConflictNewsError(f"there is no metric {name!r}; the metrics are {', '.join(TASKS)}")
    for key, task in TASKS.items():
        if name in ("all", key):
            print(f"{key}\n  counts   {task.definition}\n  source   {task.origin}" + (f"\n  level    {task.level}" if task.level else ""))
    if name != "all":
        _worked_example(name)


def _worked_example(name: str) -> None:
    """Print a small page, what gold and a system have on it, and the figures of the metric, computed there and then."""
    from conflictnews.evaluate import load_example
    from conflictnews.model import LAYERS, spans_of
    from conflictnews.report.text import number, percent
    from conflictnews.scoring import TASKS
    from conflictnews.scoring import score as score_documents
    from conflictnews.scoring.tasks import TRACK

    gold, predicted = load_example()
    text = gold.text or ""
    layers = LAYERS if TASKS[name].layer == TRACK else (TASKS[name].layer,)
    print("\nworked example\n" + "".join(f"  | {line}\n" for line in text.splitlines()))
    for side, document in (("gold", gold), ("predicted", predicted)):
        print(f"  {side}")
        for layer, i, annotation in ((name, i, a) for name in layers for i, a in enumerate(document.layer(name) or ())):
            parts = [
                (place.split("].", 1)[-1] if "]." in place else "", text[start:end])
                for place, start, end, _ in spans_of(document)
                if place.split("].")[0].rstrip("]") == f"{layer}[{i}"
            ]
            about = [getattr(annotation, f, None) for f in ("label", "level", "entity", "event", "factuality", "source" if layer == "events" else "", "speakers") if f]
            told = " ".join("+".join(a) if isinstance(a, tuple) else str(a) for a in about if a)
            roles = {f"arguments[{j}]": a.role for j, a in enumerate(getattr(annotation, "arguments", ()))}
            print(f"    {told}: " + ", ".join(f"{roles.get(where, where)} {words!r}".strip() for where, words in parts))
    s = score_documents([gold], [predicted], resamples=1).scores[name]
    print(f"\n  tp {number(s.tp)}, fp {number(s.fp)}, fn {number(s.fn)}: P {percent(s.precision)}, R {percent(s.recall)}, F1 {percent(s.f1)}")
