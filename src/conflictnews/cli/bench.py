"""conflictnews bench and conflictnews predict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from conflictnews.cli.console import console
from conflictnews.cli.options import PATH, argument, command, option

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from conflictnews.bench import Run
    from conflictnews.model import Document


@command
@option("--split", multiple=True, help="Splits to run over; may be given several times. Default: test, and test_real when its texts are on this machine.")
@option("--system", multiple=True, help="Only this baseline; may be given several times.")
@option("--json", metavar="FILE|-", help="Write the unrounded numbers as JSON to FILE, or with - to the terminal instead of the tables.")
@option("--output", "-o", type=PATH, metavar="DIR", help="Keep the predictions, as DIR/<system>/<split>.jsonl.")
def bench(split: tuple[str, ...], system: tuple[str, ...], json: str | None, output: Path | None) -> None:
    """Run every installed baseline over the gold and print a leaderboard for each layer.

    Every number is an F1 in per cent with its 95 % interval (bootstrap over documents); the rows are ordered by the bold one.

    Example:
      conflictnews bench --split test --split test_real
    """
    from conflictnews.bench import installed, missing
    from conflictnews.corpus import load_corpus
    from conflictnews.errors import ConflictNewsError, HydrationError

    hint = ""
    golds = {}
    for name in split or ["test", "test_real"]:
        try:
            golds[name] = load_corpus(name)
        except HydrationError as error:
            if split:
                raise
            hint = str(error)
    names = installed()
    unknown = [name for name in system if name not in names]
    if unknown:
        raise ConflictNewsError(f"{unknown[0]!r} is no installed baseline; installed are {', '.join(names)}")
    names = [name for name in names if not system or name in system]
    runs = _run(names, golds)
    if output is not None:
        _keep(runs, output)
    if json:
        _write_json(runs, json)
    if json != "-":
        _print(runs, golds)
        for name, extra in missing():
            print(f'not installed: {name} (pip install "conflictnews[{extra}]")')
        if hint:
            print(f"\nnot scored: {hint}")


def _run(names: list[str], golds: dict[str, tuple[Document, ...]]) -> list[Run]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from conflictnews.bench import run_baseline

    runs = []
    columns = (TextColumn("{task.description:42}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True)) as progress:
        for split, gold in golds.items():
            for name in names:
                task = progress.add_task(f"{name} on {split}", total=len(gold))
                runs.append(run_baseline(name, split, gold=gold, progress=lambda items, task=task: _advance(items, progress, task)))  # type: ignore[misc]
    return runs


def _advance(items: Iterable[Document], progress: Progress, task: TaskID) -> Iterator[Document]:
    for item in items:
        yield item
        progress.advance(task)


def _print(runs: list[Run], golds: dict[str, tuple[Document, ...]]) -> None:
    from conflictnews.baselines import BASELINES
    from conflictnews.model import LAYERS
    from conflictnews.report.text import Row, leaderboard

    out = console()
    for split, gold in golds.items():
        for layer in LAYERS:
            rows = [Row(run.system, run.kind, run.result, layer, run.words_per_second) for run in runs if run.split == split and layer in BASELINES[run.system].layers]
            if rows:
                out.print(leaderboard(layer, rows, split=split, documents=len(gold)))
                print()


def _write_json(runs: list[Run], target: str) -> None:
    import msgspec

    from conflictnews.io.jsondoc import write_atomically

    rows = [{"system": run.system, "kind": run.kind, "split": run.split, "words_per_second": run.words_per_second, **run.result.as_dict()} for run in runs]
    data = msgspec.json.format(msgspec.json.encode(rows), indent=1)
    if target == "-":
        print(data.decode())
    else:
        write_atomically(Path(target), data + b"\n")


def _keep(runs: list[Run], folder: Path) -> None:
    from conflictnews.io.jsonl import write_jsonl

    for run in runs:
        write_jsonl(run.predicted, folder / run.system / f"{run.split}.jsonl")


@command
@argument("name", "The baseline; `conflictnews predict list` shows them.")
@argument("inputs", "Documents in our form (JSONL, .json, a folder of these), or .txt pages, or a folder of pages.", type=PATH, nargs=-1, metavar="[INPUT]...")
@option("--output", "-o", type=PATH, metavar="FILE", help="Where the predictions go, as JSONL. Default: the terminal.")
def predict(name: str, inputs: tuple[Path, ...], output: Path | None) -> None:
    """Run one baseline over pages of your own and write its documents as JSONL.

    Example:
      conflictnews predict entities-gazetteer page.txt -o predictions.jsonl
    """
    from conflictnews.baselines import BASELINES
    from conflictnews.bench import bare
    from conflictnews.errors import ConflictNewsError, DocumentError, MissingExtraError
    from conflictnews.io.jsonl import encode_line, write_jsonl
    from conflictnews.model import id_fault

    if name == "list":
        for key, entry in BASELINES.items():
            print(f"{key:26} {entry.kind:10} {'+'.join(entry.layers):12} {entry.summary}{'' if entry.installed() else ' (not installed)'}")
        return
    if name not in BASELINES:
        raise ConflictNewsError(f"there is no baseline {name!r}; there are {', '.join(BASELINES)}")
    if not BASELINES[name].installed():
        raise MissingExtraError(name, BASELINES[name].extra)
    texts = [text for path in inputs for text in _texts(path)]
    if not texts:
        raise ConflictNewsError("nothing to read: give documents (JSONL, .json, a folder) or .txt pages")
    for text in texts:
        fault = id_fault(text.doc_id)
        if fault:
            raise DocumentError(f"{text.doc_id}: {fault}; rename the file")
    twice = [name for name, n in Counter(text.doc_id for text in texts).items() if n > 1]
    if twice:
        raise DocumentError(f"two pages are called {twice[0]}; a page's file name becomes its doc_id, so rename one")
    lacking = next((text for text in texts if text.text is None), None)
    if lacking is not None:
        raise DocumentError(f"{lacking.doc_id}: the document has no text to work on")
    from rich.progress import track

    found = track(BASELINES[name].load()([bare(text) for text in texts]), total=len(texts), description=name, console=console(stderr=True), transient=True)
    if output is None:
        for document in found:
            print(encode_line(document).decode(), end="")
    else:
        print(f"{write_jsonl(found, output)} documents written to {output}")


def _texts(path: Path) -> Iterator[Document]:
    from conflictnews.errors import DocumentError
    from conflictnews.io.jsonl import iter_documents
    from conflictnews.model import Document

    if path.is_dir() and not any(path.rglob("*.json")):
        for page in sorted(p for p in path.rglob("*") if p.suffix.lower() == ".txt"):
            yield from _texts(page)
        return
    if path.suffix.lower() != ".txt":
        yield from iter_documents(path)
        return
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: not valid UTF-8 at byte {error.start}; save the page as UTF-8") from error
    yield Document(doc_id=path.stem, text=text)
