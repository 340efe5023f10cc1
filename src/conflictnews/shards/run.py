"""Scoring shard by shard: here, in several processes, or on the machines of a Dask cluster."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.errors import MissingExtraError, ScoringError
from conflictnews.model import LAYERS, Document, id_fault
from conflictnews.scoring import Score, score
from conflictnews.scoring.intervals import RESAMPLES, SEED
from conflictnews.shards.counts import Configuration, Counted, Counts, configure, zero
from conflictnews.shards.records import Unusable, count_shard, read_record, record_path, refuse_strangers
from conflictnews.shards.survey import Shard, Survey, digest_of, refuse_doubles, survey

Progress = Callable[[int, int], None]

PATIENCE = 10.0
"""So many seconds a Dask scheduler has to answer."""


class Sharded(msgspec.Struct, frozen=True):
    """What `score_shards` gives: the scores of all shards together, as a `Result` has them, and the counts behind them.

    `resumed` of the `shards` were found finished and were not counted again. `missing`, `incomplete` and `inside_furniture` are those of a `Result`; a warning that many
    shards give is told once.
    """

    signature: str
    scores: dict[str, Score]
    counts: Counts
    documents: int
    layers: tuple[str, ...]
    shards: int
    resumed: int
    missing: tuple[str, ...]
    incomplete: dict[str, tuple[str, ...]]
    warnings: tuple[str, ...]
    inside_furniture: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """The result in the form that ``conflictnews score --json`` prints, with the numbers of shards."""
        return {
            "signature": self.signature,
            "scores": {name: value.as_dict() for name, value in self.scores.items()},
            "documents": self.documents,
            "missing": list(self.missing),
            "incomplete": {layer: list(names) for layer, names in self.incomplete.items()},
            "warnings": list(self.warnings),
            "inside_furniture": self.inside_furniture,
            "shards": self.shards,
            "resumed": self.resumed,
        }


def score_shards(
    shards: Iterable[Shard],
    folder: Path,
    *,
    layers: Sequence[str] | None = None,
    corpus: str = "gold",
    split: str = "",
    processes: int = 1,
    client: Any = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    progress: Progress | None = None,
) -> Sharded:
    """The scores of all shards together, whatever the order, the size and the place in which each is counted.

    Each finished shard leaves a file in `folder`; the totals always come from those files, so a run that was broken off goes on where it stopped. `client` is a
    `distributed.Client`, whose workers must see `folder` and the files under the same paths; without one, `processes` of this machine work. `progress` is called with
    the number of finished shards and of all.

    Without `layers`, those are scored that any prediction of any shard attempts and any gold has. Raises ScoringError as `score` does, naming the shard; where two
    shards hold the same document; where the folder holds counts of another scoring, which it names; and where a process or worker is lost.
    """
    shards = tuple(shards)
    _check_names(shards)
    folder = folder.absolute()
    refuse_strangers(folder, shards)
    with _workers(processes, client) as run:
        surveys = list(run(survey, [(shard,) for shard in shards]))
        refuse_doubles(shards, surveys)
        configuration = configure(_choose_layers(surveys, layers), corpus=corpus, digest=digest_of(surveys), split=split, resamples=resamples, seed=seed)
        jobs = [(shard, seen, configuration, folder) for shard, seen in zip(shards, surveys, strict=True)]
        notes = [(job, _why_again(*job)) for job in jobs]
        todo = [job for job, note in notes if note is not None]
        resumed = len(jobs) - len(todo)
        for done, _ in enumerate(chain([None], run(count_shard, todo)), resumed):
            if progress:
                progress(done, len(jobs))
    return _total(zero(configuration), (read_record(*job) for job in jobs), surveys, resumed, [note for _, note in notes if note])


def _why_again(shard: Shard, seen: Survey, configuration: Configuration, folder: Path) -> str | None:
    """None where the shard is finished already; else why what is there cannot be used, empty where nothing is there."""
    try:
        if not record_path(folder, shard.name).exists():
            return ""
        read_record(shard, seen, configuration, folder)
        return None
    except Unusable as error:
        return f"{error}; the shard was counted again"


def score_sharded_files(
    gold: Path, predicted: Path, work: Path, *, processes: int = 1, dask: str | None = None, layers: Sequence[str] | None = None, progress: Progress | None = None
) -> Sharded:
    """The scores of a folder of JSONL files against the gold files of the same names in another folder; each file is a shard (see `score_shards`).

    `work` is where finished shards leave their counts. `dask` is the address of a Dask scheduler (``tcp://host:8786``), whose workers must see all three folders under
    the same paths. Raises ScoringError where the names of the files differ.
    """
    if dask is not None and processes != 1:
        raise ScoringError("give a number of processes or the address of a Dask scheduler, not both")
    gold, predicted = gold.absolute(), predicted.absolute()
    names = _names(gold, predicted)
    shards = [Shard(name.removesuffix(".jsonl"), gold / name, predicted / name) for name in names]
    if dask is None:
        return score_shards(shards, work, layers=layers, split=gold.name, processes=processes, progress=progress)
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError("scoring on a Dask cluster", "dask") from None
    try:
        client = Client(dask, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ScoringError(f"{dask}: no Dask scheduler can be reached there ({error})") from None
    with client:
        return score_shards(shards, work, layers=layers, split=gold.name, client=client, progress=progress)


def _names(gold: Path, predicted: Path) -> list[str]:
    """The names of the JSONL files that both folders have; ScoringError where one lacks what the other has."""
    for folder in (gold, predicted):
        if not folder.is_dir():
            raise ScoringError(f"{folder}: there is no such folder")
    sides = [{path.name for path in folder.glob("*.jsonl") if not path.name.startswith(".")} for folder in (gold, predicted)]
    missing, extra = sorted(sides[0] - sides[1]), sorted(sides[1] - sides[0])
    if missing:
        raise ScoringError(f"{predicted}: has no predictions for {', '.join(missing)}; where nothing was predicted for a shard, give an empty file")
    if extra:
        raise ScoringError(f"{predicted}: {', '.join(extra)} has no gold of that name in {gold}")
    if not sides[0]:
        raise ScoringError(f"{gold}: holds no .jsonl file")
    return sorted(sides[0])


def _check_names(shards: Sequence[Shard]) -> None:
    if not shards:
        raise ScoringError("there is no shard to score")
    for shard in shards:
        if id_fault(shard.name):
            raise ScoringError(f"{shard.name!r} cannot name a shard: it must be safe as the name of a file")
    name, times = Counter(shard.name.casefold() for shard in shards).most_common(1)[0]
    if times > 1:
        raise ScoringError(f"{times} shards are called {name}; each needs a name of its own (large and small letters are the same)")


def _choose_layers(surveys: Sequence[Survey], layers: Sequence[str] | None) -> tuple[str, ...]:
    """The layers that `score` would choose, or refuse, with all documents at hand."""
    if not any(s.documents for s in surveys):
        raise ScoringError("gold holds no document")
    held = ({layer for s in surveys for layer in s.in_gold}, {layer for s in surveys for layer in s.attempted})
    gold, predicted = (msgspec.structs.replace(Document("all"), **dict.fromkeys(layers_held, ())) for layers_held in held)
    return score([gold], [predicted] if any(s.n_predicted for s in surveys) else [], layers=layers, resamples=1).layers


def _total(counts: Counts, records: Iterable[Counted], surveys: Sequence[Survey], resumed: int, notes: Sequence[str]) -> Sharded:
    """The result of all shards, one held at a time."""
    missing: list[str] = []
    incomplete: dict[str, list[str]] = {layer: [] for layer in LAYERS}
    warnings: list[str] = []
    for record in records:
        counts = counts.merge(record.counts)
        missing += record.missing
        warnings += record.warnings
        for layer, names in record.incomplete.items():
            incomplete[layer] += names
    expected = sum(s.documents for s in surveys), sum(s.id_sum for s in surveys) % (1 << 64)
    if (counts.documents, counts.id_sum) != expected:
        raise ScoringError(f"the shards count {counts.documents} documents, but {expected[0]} were given; delete the work folder and run again")
    return Sharded(
        signature=counts.signature(),
        scores=counts.finalise(),
        counts=counts,
        documents=counts.documents,
        layers=counts.configuration.layers,
        shards=len(surveys),
        resumed=resumed,
        missing=tuple(sorted(missing)),
        incomplete={layer: tuple(sorted(names)) for layer, names in incomplete.items() if names},
        warnings=(*notes, *_once(warnings)),
        inside_furniture=counts.inside_furniture,
    )


def _once(warnings: Iterable[str]) -> Iterator[str]:
    """Each warning once, with the number of shards that say the same with other numbers or names."""
    kinds: dict[str, list[str]] = {}
    for warning in warnings:
        kinds.setdefault(re.sub(r"first in [^;]*|first [^)]*|\d+", "#", warning), []).append(warning)
    for same in kinds.values():
        yield same[0] + (f" (and the like in {len(same) - 1} more shards)" if len(same) > 1 else "")


Run = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], Iterator[Any]]
"""From a function and the arguments of each job to the values, in the order of the jobs. ScoringError where a process or worker is lost."""


@contextmanager
def _workers(processes: int, client: Any) -> Iterator[Run]:
    """Whoever does the work: a cluster, some processes of this machine, or nobody else."""
    if client is not None:
        yield partial(_on_cluster, client)
    elif processes > 1:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"))
        try:
            yield partial(_in_processes, pool)
        finally:
            pool.shutdown(cancel_futures=True)
    else:
        yield lambda function, jobs: (function(*job) for job in jobs)


def _in_processes(pool: Executor, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    from concurrent.futures.process import BrokenProcessPool

    try:
        yield from pool.map(function, *zip(*jobs, strict=True)) if jobs else ()
    except BrokenProcessPool:
        raise ScoringError("a process that counted a shard has ended before its time (was there too little memory?); finished shards are kept: run again to go on") from None


def _on_cluster(client: Any, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    from distributed import KilledWorker

    futures = client.map(function, *zip(*jobs, strict=True), pure=False) if jobs else []
    try:
        for future in futures:
            yield future.result()
    except KilledWorker:
        raise ScoringError("several workers were lost over one shard (is there too little memory?); finished shards are kept: run again to go on") from None
    finally:
        client.cancel(futures)
