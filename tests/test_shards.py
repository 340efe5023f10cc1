"""Counts that add up: the laws, the draws, shards in processes and on a cluster, and runs that were broken off."""

from __future__ import annotations

import hashlib
import json
import math
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import reduce
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import workload
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import block, ents, event, quote
from conflictnews.errors import ConflictNewsError, DocumentError, MissingExtraError, ScoringError
from conflictnews.io.jsonl import write_jsonl
from conflictnews.model import Document, Entity
from conflictnews.scoring import TASKS, Score, score
from conflictnews.scoring.intervals import f1_spreads
from conflictnews.shards import Counts, Shard, configure, poisson, run, score_sharded_files, score_shards, zero
from conftest import run as command_line

replace = msgspec.structs.replace
ALL = ("entities", "events", "quotes", "boilerplate")
TEXT = "Menu | News\n\nKIDAL, 3 May (KNA) — Shots were heard, he said.\nBy A. Touré\nShare this\n"


def page(i: int, *, gold: bool) -> Document:
    """The i-th of some small pages with all layers; predictions are wrong in a way that depends on i."""
    off = 0 if gold or i % 3 else 1
    entities = [Entity(start=13 + off, end=18 + off, label="GPE", level="NAM", entity="kidal"), Entity(start=73, end=78, label="PER", level="NAM", entity=f"p{i % 2}")]
    wrong_entity = [] if gold or i % 2 else [Entity(start=0, end=4, label="ORG", level="NAM")]
    return Document(
        doc_id=f"page-{i}",
        text=TEXT,
        entities=tuple(entities[: 1 + i % 2] + wrong_entity),
        events=(event("ATTACK", 36, 41, ("PLACE", 13 + off, 18 + off)),),
        quotes=(quote((36, 52 + off), speakers=("kidal",)),),
        boilerplate=(block(0, 11 - 9 * off),),
    )


def pages(number: int) -> tuple[list[Document], list[Document]]:
    return [page(i, gold=True) for i in range(number)], [page(i, gold=False) for i in range(number)]


def without_intervals(scores: dict[str, Score]) -> dict[str, Score]:
    return {name: replace(s, f1_ci=None, f1_error=None) for name, s in scores.items()}


# --- the draws


def test_the_thresholds_are_those_of_the_poisson_distribution() -> None:
    e = sum(Fraction(1, math.factorial(k)) for k in range(40))
    exact = [round(2**32 * sum(Fraction(1, math.factorial(j)) for j in range(k + 1)) / e) for k in range(len(poisson.THRESHOLDS) + 1)]
    assert exact == [*poisson.THRESHOLDS, 2**32]


def test_weights_have_mean_1_and_variance_1_and_are_uncorrelated() -> None:
    drawn = poisson.weights(poisson.keys_of(f"d{i}" for i in range(2000)), resamples=1000, seed=12345).astype(np.float64)
    assert abs(drawn.mean() - 1) < 0.003  # four standard errors of 2 000 000 draws
    assert abs(drawn.var() - 1) < 0.005
    assert np.abs(drawn.mean(axis=0) - 1).max() < 0.16  # five of 1000
    assert np.abs(drawn.mean(axis=1) - 1).max() < 0.12  # five of 2000
    for a, b in ((drawn[1:], drawn[:-1]), (drawn[::2], drawn[1::2]), (drawn[:, 1:], drawn[:, :-1])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.005
    other = poisson.weights(poisson.keys_of(f"d{i}" for i in range(2000)), resamples=1000, seed=12346).astype(np.float64)
    assert abs(np.corrcoef(drawn.ravel(), other.ravel())[0, 1]) < 0.005


def plain_weight(doc_id: str, resample: int, seed: int) -> int:
    """The same weight, worked out in Python integers."""

    def mix(word: int) -> int:
        word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        word = (word ^ word >> 27) * 0x94D049BB133111EB % 2**64
        return word ^ word >> 31

    key = int.from_bytes(hashlib.blake2b(doc_id.encode(), digest_size=8).digest(), "little")
    word = mix(key ^ mix((seed + (resample // 2 + 1) * 0x9E3779B97F4A7C15) % 2**64))
    draw = word % 2**32 if resample % 2 else word >> 32
    return sum(draw >= threshold for threshold in poisson.THRESHOLDS)


def test_a_weight_follows_from_the_id_the_resample_and_the_seed_alone() -> None:
    names = ["a", "page-7", "Ä", "مراسل"]
    expected = [[plain_weight(name, r, 99) for name in names] for r in range(41)]
    assert poisson.weights(poisson.keys_of(names), resamples=41, seed=99).tolist() == expected
    assert poisson.weights(poisson.keys_of(names[1:2]), resamples=10, seed=99).tolist() == [row[1:2] for row in expected[:10]]


def test_resampled_totals_are_exact_beyond_what_a_float_holds() -> None:
    names = [f"d{i}" for i in range(1200)]
    values = np.random.default_rng(1).integers(0, 2**48, (1200, 3))
    keys = poisson.keys_of(names)
    drawn = poisson.weights(keys, resamples=7, seed=1)
    expected = [[sum(int(w) * v for w, v in zip(row, column, strict=True)) for row in drawn] for column in values.T.tolist()]
    assert poisson.resampled_totals(keys, values, resamples=7, seed=1).tolist() == expected
    assert max(map(max, expected)) > 2**53
    with pytest.raises(OverflowError, match="64 bits"):
        poisson.resampled_totals(keys, values << 10, resamples=7, seed=1)


def test_the_interval_is_that_of_the_multinomial_bootstrap_within_a_tenth_of_its_width() -> None:
    tables = workload.tables(400)
    gold, predicted = (workload.as_documents(workload.rows(t, 400)) for t in tables)
    ours = zero(configure(["entities"])).add(gold, predicted).finalise()
    whole = score(gold, predicted, resamples=1)
    compared = 0
    for name, interval in f1_spreads(whole.counts, TASKS).items():
        ci = ours[name].f1_ci
        assert (ci is None) == (interval is None), name
        if ci is not None and interval is not None:
            width = interval[1] - interval[0]
            assert abs(ci[0] - interval[0]) < 0.1 * width, name
            assert abs(ci[1] - interval[1]) < 0.1 * width, name
            assert ci[0] < ours[name].f1 < ci[1], name  # type: ignore[operator]
            compared += 1
    assert compared == 7


def test_no_interval_where_fewer_than_two_documents_have_anything() -> None:
    gold = [ents((0, 3, "ORG"), doc_id="a"), *(ents(doc_id=f"b{i}") for i in range(9))]
    assert zero(configure(["entities"])).add(gold, gold).finalise()["entities.strict"].f1_ci is None


# --- the laws

FEW = configure(ALL, resamples=9)
POOL = pages(9)
SINGLE = [zero(FEW).add(POOL[0][i : i + 1], POOL[1][i : i + 1]) for i in range(9)]
WHOLE = zero(FEW).add(*POOL)


def of(owners: Sequence[int], part: int) -> Counts:
    return reduce(Counts.merge, (SINGLE[i] for i, owner in enumerate(owners) if owner == part), zero(FEW))


parts = st.lists(st.integers(0, 3), min_size=9, max_size=9)


@settings(max_examples=40, deadline=None)
@given(parts)
def test_merging_is_associative_and_commutative_and_zero_changes_nothing(owners: list[int]) -> None:
    a, b, c = (of(owners, part) for part in range(3))
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(b) == b.merge(a)
    assert a.merge(zero(FEW)) == a == zero(FEW).merge(a)


@settings(max_examples=25, deadline=None)
@given(parts, st.randoms(use_true_random=False))
def test_any_batches_in_any_order_give_the_counts_of_one_batch(owners: list[int], random: Any) -> None:
    counts = zero(FEW)
    for part in range(4):
        batch = [i for i, owner in enumerate(owners) if owner == part]
        random.shuffle(batch)
        counts = counts.add([POOL[0][i] for i in batch], [POOL[1][i] for i in reversed(batch)])
    assert counts == WHOLE
    assert counts.to_json() == WHOLE.to_json()


def test_the_final_scores_are_those_of_score() -> None:
    result = score(*POOL)
    assert without_intervals(WHOLE.finalise()) == without_intervals(result.scores)
    assert (WHOLE.documents, WHOLE.inside_furniture) == (9, result.inside_furniture)
    assert 0 < result.scores["events.argument_attached"].tp < 9
    whole, ours = (dict(part.split(":", 1) for part in s.split("|")[1:]) for s in (result.signature, WHOLE.signature()))
    assert {k: v for k, v in whole.items() if k not in ("corpus", "ci")} == {k: v for k, v in ours.items() if k not in ("corpus", "ci")}
    assert ours["ci"] == "pb9.s12345"


def test_counts_of_another_configuration_are_refused_with_what_differs() -> None:
    for field, value in (("seed", 7), ("layers", ("events",)), ("digest", "f" * 64), ("version", "9.9.9"), ("split", "dev"), ("resamples", 10)):
        with pytest.raises(ScoringError, match=rf"differ in {field} \("):
            WHOLE.merge(zero(replace(FEW, **{field: value})))


def test_the_same_documents_cannot_be_added_twice() -> None:
    with pytest.raises(ScoringError, match="the same 9 documents are counted twice"):
        WHOLE.merge(zero(FEW).add(*POOL))


def test_sums_that_outgrow_64_bits_are_refused() -> None:
    name = "entities.strict"
    huge = replace(WHOLE, resampled=WHOLE.resampled | {name: np.full(36, 2**62, dtype="<i8").tobytes()})
    with pytest.raises(ScoringError, match="outgrow 64 bits"):
        huge.merge(replace(huge, id_sum=1))


def test_another_version_or_scheme_on_this_machine_is_refused() -> None:
    for field in ("version", "scheme"):
        with pytest.raises(ScoringError, match=rf"another way than was asked for: they differ in {field}"):
            zero(replace(FEW, **{field: "x"})).add(*POOL)


def test_layers_that_do_not_exist_are_refused() -> None:
    for layers in ([], ["people"]):
        with pytest.raises(ScoringError, match="layers to count are some of"):
            configure(layers)


@settings(max_examples=20, deadline=None)
@given(parts)
def test_counts_come_back_from_json_as_they_were(owners: list[int]) -> None:
    for part in range(4):
        counts = of(owners, part)
        assert Counts.from_json(counts.to_json()) == counts


def test_integers_in_json_are_exact() -> None:
    most = np.full(36, 2**63 - 1, dtype="<i8").tobytes()
    large = replace(WHOLE, id_sum=2**64 - 1, totals=WHOLE.totals | {"entities.strict": (2**62 + 1, 1, 1, 0)}, resampled=WHOLE.resampled | {"entities.strict": most})
    raw = json.loads(large.to_json())
    assert (raw["id_sum"], raw["totals"]["entities.strict"][0], raw["resampled"]["entities.strict"][3][8]) == (2**64 - 1, 2**62 + 1, 2**63 - 1)
    assert Counts.from_json(large.to_json()) == large


def broken(**changes: Any) -> bytes:
    return json.dumps(json.loads(WHOLE.to_json()) | changes).encode()


@pytest.mark.parametrize(
    "data",
    [
        WHOLE.to_json()[:-40],
        b"",
        b"\xff",
        b"[" * 100_000,
        b"null",
        broken(documents=-1),
        broken(documents=1.5),
        broken(totals={}),
        broken(resampled={}),
        broken(more=1),
        broken(resampled=json.loads(WHOLE.to_json())["resampled"] | {"entities.strict": [[1, 2], [3]]}),
        broken(resampled=json.loads(WHOLE.to_json())["resampled"] | {"entities.strict": [[1] * 8] * 4}),
        broken(resampled=json.loads(WHOLE.to_json())["resampled"] | {"entities.strict": [[-1] * 9] * 4}),
        broken(resampled=json.loads(WHOLE.to_json())["resampled"] | {"entities.strict": [[2**63] * 9] * 4}),
    ],
    ids=["cut", "empty", "no text", "deep", "null", "negative", "fraction", "no totals", "no resamples", "stranger", "ragged", "short", "negative resample", "too large"],
)
def test_json_that_is_no_counts_is_refused(data: bytes) -> None:
    with pytest.raises(ScoringError, match="no counts of shards"):
        Counts.from_json(data)


# --- layers and documents that a shard lacks


def cut(gold: Sequence[Document], predicted: Sequence[Document], *ends: int) -> list[Shard]:
    """Shards of consecutive gold documents, each with its predictions."""
    found = []
    for first, last in zip((0, *ends), (*ends, len(gold)), strict=True):
        names = {d.doc_id for d in gold[first:last]}
        found.append(Shard(f"part-{first:03}", tuple(gold[first:last]), tuple(d for d in predicted if d.doc_id in names)))
    return found


def test_layers_are_chosen_over_all_shards_and_what_one_lacks_is_missed(tmp_path: Path) -> None:
    gold, predicted = pages(8)
    gold[6] = replace(gold[6], entities=None, events=None, quotes=None)  # a shard whose gold has boilerplate alone
    gold[7] = replace(gold[7], entities=None, events=None, quotes=None)
    predicted[6] = replace(predicted[6], entities=predicted[6].entities[:1] if predicted[6].entities else None)
    predicted[2] = replace(predicted[2], events=None)  # a shard whose predictions lack events
    predicted[3] = replace(predicted[3], events=None)
    predicted = [replace(d, boilerplate=None, quotes=None) for d in predicted if d.doc_id not in ("page-4", "page-5")]  # a shard without predictions; a layer that nobody attempts
    whole = score(gold, predicted)
    found = score_shards(cut(gold, predicted, 2, 4, 6), tmp_path)
    assert found.layers == whole.layers == ("entities", "events")
    assert without_intervals(found.scores) == without_intervals(whole.scores)
    assert (found.missing, found.incomplete, found.inside_furniture) == (whole.missing, whole.incomplete, whole.inside_furniture)
    assert found.incomplete == {"events": ("page-2", "page-3")}
    assert found.missing == ("page-4", "page-5")
    assert set(found.as_dict()) - set(whole.as_dict()) == {"shards", "resumed"}
    assert found.as_dict()["documents"] == 8
    assert score_shards(cut(gold, predicted, 4), tmp_path / "halves").signature == found.signature


def test_layers_that_nobody_has_are_refused_as_score_refuses_them(tmp_path: Path) -> None:
    gold, predicted = [ents(doc_id="a")], [ents(doc_id="a")]
    with pytest.raises(ScoringError, match="gold has no layer quotes"):
        score_shards(cut(gold, [replace(predicted[0], quotes=())]), tmp_path, layers=["quotes"])
    with pytest.raises(ScoringError, match="no layer 'people'"):
        score_shards(cut(gold, predicted), tmp_path, layers=["people"])
    with pytest.raises(ScoringError, match="gold holds no document"):
        score_shards([Shard("a", (), ())], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_prediction_in_any_shard_scores_every_layer_of_gold(tmp_path: Path) -> None:
    found = score_shards(cut(POOL[0], [], 4), tmp_path)
    assert found.layers == ALL
    assert len(found.missing) == 9


def test_an_error_in_a_shard_names_it(tmp_path: Path) -> None:
    gold, predicted = pages(4)
    with pytest.raises(ScoringError, match=r"shard part-002: stray is predicted but is not in gold"):
        score_shards([*cut(gold, predicted, 2)[:1], Shard("part-002", tuple(gold[2:]), (ents(doc_id="stray"),))], tmp_path)
    gold[3] = replace(gold[3], text="Another text")
    with pytest.raises(ScoringError, match=r"shard part-002: page-3: the predicted text is not the gold text"):
        score_shards(cut(gold, predicted, 2), tmp_path / "b")


def test_warnings_are_told_once_for_many_shards(tmp_path: Path) -> None:
    gold = [ents((0, 3, "ORG"), doc_id=f"d{i}") for i in range(6)]
    predicted = [ents((0, 3, "ORGA"), doc_id=f"d{i}") for i in range(6)]
    found = score_shards(cut(gold, predicted, 2, 4), tmp_path)
    assert found.warnings == ("2 predictions have the unknown entity label 'ORGA': each counts as a false positive (and the like in 2 more shards)",)


# --- files, and runs that were broken off


def two_folders(root: Path, shards: int, each: int) -> tuple[Path, Path]:
    gold, predicted = pages(shards * each)
    for i in range(shards):
        rows = slice(i * each, (i + 1) * each)
        write_jsonl(gold[rows], root / "gold" / f"s{i:02}.jsonl")
        write_jsonl(predicted[rows], root / "predicted" / f"s{i:02}.jsonl")
    return root / "gold", root / "predicted"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Sixteen shards of four pages."""
    return two_folders(tmp_path_factory.mktemp("shards"), 16, 4)


@pytest.fixture(scope="module")
def serial(folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> run.Sharded:
    """The scores of those, counted one after another."""
    return score_sharded_files(*folders, tmp_path_factory.mktemp("serial"))


def test_shards_of_files_give_the_counts_of_one_batch(serial: run.Sharded) -> None:
    gold, predicted = pages(64)
    assert serial.counts == zero(serial.counts.configuration).add(gold, predicted)
    assert without_intervals(serial.scores) == without_intervals(score(gold, predicted).scores)
    assert serial.scores["entities.strict"].f1_ci is not None
    assert (serial.documents, serial.shards, serial.resumed, len(serial.warnings)) == (64, 16, 0, 1)
    assert "|split:gold|docs:64|" in serial.signature


def test_other_shards_and_lists_of_documents_give_the_same_result(serial: run.Sharded, tmp_path: Path) -> None:
    found = score_shards(cut(*pages(64), 1, 33, 60), tmp_path, split="gold")
    assert (found.scores, found.signature, found.counts) == (serial.scores, serial.signature, serial.counts)


def test_a_second_run_counts_nothing_again(folders: tuple[Path, Path], serial: run.Sharded, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    score_sharded_files(*folders, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == [(i, 16) for i in range(17)]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    (tmp_path / "s03.counts.json").unlink()
    told.clear()
    found = score_sharded_files(*folders, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == [(15, 16), (16, 16)]
    assert found == replace(serial, resumed=15)
    assert [path.name for path, time in before.items() if path.stat().st_mtime_ns != time] == ["s03.counts.json"]


def test_processes_give_the_same_result_and_a_killed_one_loses_nothing(folders: tuple[Path, Path], serial: run.Sharded, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_one(done: int, _: int) -> None:
        if done == 1 and not killed:
            child = multiprocessing.active_children()[0]
            killed.append(child.pid or 0)
            child.kill()

    with pytest.raises(ScoringError, match="ended before its time"):
        score_sharded_files(*folders, tmp_path, processes=2, progress=kill_one)
    finished = len(list(tmp_path.glob("*.counts.json")))
    assert 1 <= finished < 16
    found = score_sharded_files(*folders, tmp_path, processes=2)
    assert found == replace(serial, resumed=finished)
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".") and not path.name.endswith(".counts.json")] == []


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A Dask cluster of two processes on this machine."""
    distributed = pytest.importorskip("distributed", reason="distributed is not installed (the extra dask)")
    import logging

    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=logging.CRITICAL) as found:
        yield found


def test_a_dask_cluster_gives_the_same_result(cluster: Any, folders: tuple[Path, Path], serial: run.Sharded, tmp_path: Path) -> None:
    assert score_sharded_files(*folders, tmp_path, dask=cluster.scheduler_address) == serial


def test_a_dask_worker_that_is_killed_loses_nothing(cluster: Any, folders: tuple[Path, Path], serial: run.Sharded, tmp_path: Path) -> None:
    from distributed import Client

    killed: list[int] = []
    with Client(cluster) as client:
        pids = list(client.run(os.getpid).values())

        def kill_one(done: int, _: int) -> None:
            if done == 1 and not killed:
                killed.append(pids[0])
                os.kill(pids[0], getattr(signal, "SIGKILL", signal.SIGTERM))

        gold, predicted = folders
        shards = [Shard(path.stem, path, predicted / path.name) for path in sorted(gold.iterdir())]
        found = score_shards(shards, tmp_path, split="gold", client=client, progress=kill_one)
    assert len(killed) == 1
    assert found == serial


def test_an_error_on_the_cluster_is_the_same_error(cluster: Any, tmp_path: Path) -> None:
    gold, predicted = two_folders(tmp_path, 2, 1)
    write_jsonl([ents(doc_id="stray")], predicted / "s01.jsonl")
    with pytest.raises(ScoringError, match="shard s01: stray is predicted but is not in gold"):
        score_sharded_files(gold, predicted, tmp_path / "work", dask=cluster.scheduler_address)


def test_dask_without_its_extra_or_its_scheduler_is_told(folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ScoringError, match="not both"):
        score_sharded_files(*folders, tmp_path, processes=2, dask="tcp://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"conflictnews\[dask\]"):
        score_sharded_files(*folders, tmp_path, dask="tcp://127.0.0.1:1")


def test_an_address_without_a_scheduler_is_told(folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="distributed is not installed (the extra dask)")
    monkeypatch.setattr(run, "PATIENCE", 0.3)
    for address in ("tcp://127.0.0.1:1", "nonsense://x"):
        with pytest.raises(ScoringError, match="no Dask scheduler can be reached"):
            score_sharded_files(*folders, tmp_path, dask=address)


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Two shards of two pages, counted: gold, predictions and the work folder."""
    gold, predicted = two_folders(tmp_path, 2, 2)
    score_sharded_files(gold, predicted, tmp_path / "work")
    return gold, predicted, tmp_path / "work"


def test_a_file_that_was_cut_short_is_counted_again_and_told(small: tuple[Path, Path, Path]) -> None:
    path = small[2] / "s01.counts.json"
    whole = path.read_bytes()
    for data in (whole[: len(whole) // 2], b"", b"{}", whole.replace(b"conflictnews-shard/1", b"conflictnews-shard/0")):
        path.write_bytes(data)
        found = score_sharded_files(*small)
        assert found.resumed == 1
        assert [w for w in found.warnings if "s01.counts.json: the file is damaged or cut short" in w and w.endswith("the shard was counted again")] == list(found.warnings)
        assert len(found.warnings) == 1
        assert path.read_bytes() == whole


def test_predictions_that_changed_are_counted_again_and_told(small: tuple[Path, Path, Path]) -> None:
    gold, predicted, work = small
    write_jsonl([page(2, gold=True), page(3, gold=True)], predicted / "s01.jsonl")
    found = score_sharded_files(gold, predicted, work)
    assert found.warnings == (f"{work / 's01.counts.json'}: was counted before the predictions of the shard changed; the shard was counted again",)
    assert found.scores == score_sharded_files(gold, predicted, work.parent / "fresh").scores


def test_counts_of_another_scoring_are_refused_and_kept(small: tuple[Path, Path, Path]) -> None:
    gold, predicted, work = small
    before = (work / "s00.counts.json").read_bytes()
    with pytest.raises(ScoringError, match=r"s00\.counts\.json: was counted in another way: .* differs .* in layers \(entities\+events\+quotes\+boilerplate and events\)"):
        score_sharded_files(gold, predicted, work, layers=["events"])
    write_jsonl([page(2, gold=True), page(3, gold=False)], gold / "s01.jsonl")
    with pytest.raises(ScoringError, match=r"s00\.counts\.json: was counted in another way: .* in digest"):
        score_sharded_files(gold, predicted, work)
    assert (work / "s00.counts.json").read_bytes() == before


def test_a_doubled_shard_is_caught(small: tuple[Path, Path, Path]) -> None:
    gold, predicted, work = small
    one, other = work / "s00.counts.json", work / "s01.counts.json"
    kept = other.read_bytes()
    other.write_bytes(one.read_bytes())
    with pytest.raises(ScoringError, match=r"s01\.counts\.json: holds the counts of the shard s00"):
        score_sharded_files(gold, predicted, work)
    other.write_bytes(msgspec.json.encode(json.loads(kept) | {"counts": msgspec.Raw(msgspec.json.encode(json.loads(one.read_bytes())["counts"]))}))
    with pytest.raises(ScoringError, match=r"s01\.counts\.json: counts 2 documents whose ids are not the 2 of the shard s01"):
        score_sharded_files(gold, predicted, work)
    other.write_bytes(kept)
    (work / "s07.counts.json").write_bytes(kept)
    with pytest.raises(ScoringError, match=r"holds counts of shards that are not part of this run \(s07\.counts\.json\)"):
        score_sharded_files(gold, predicted, work)


def test_a_document_in_two_shards_or_twice_in_one_is_refused_by_name(tmp_path: Path) -> None:
    gold, predicted = pages(4)
    a, b = (Shard(name, tuple(gold[rows]), tuple(predicted[rows])) for name, rows in (("a", slice(0, 3)), ("b", slice(2, 4))))
    with pytest.raises(ScoringError, match=r"page-2 is in the gold of a and of b"):
        score_shards([a, b], tmp_path)
    with pytest.raises(ScoringError, match=r"page-0 is in the gold of a and of c \(and 2 more\)"):
        score_shards([a, replace(a, name="c")], tmp_path)
    with pytest.raises(ScoringError, match=r"page-1 is twice in the gold of a"):
        score_shards([Shard("a", (gold[1], gold[1]), ())], tmp_path)


def test_names_of_shards_must_be_safe_and_differ(tmp_path: Path) -> None:
    gold, predicted = (tuple(side) for side in pages(1))
    for names, words in ((["../a"], "cannot name a shard"), ([""], "cannot name a shard"), (["a", "A"], "2 shards are called a"), ([], "no shard to score")):
        with pytest.raises(ScoringError, match=words):
            score_shards([Shard(name, gold, predicted) for name in names], tmp_path)


def test_folders_whose_files_differ_are_refused_by_name(tmp_path: Path) -> None:
    gold, predicted = two_folders(tmp_path, 2, 1)
    (predicted / "s01.jsonl").rename(predicted / "s02.jsonl")
    with pytest.raises(ScoringError, match=r"has no predictions for s01\.jsonl"):
        score_sharded_files(gold, predicted, tmp_path / "work")
    (predicted / "s01.jsonl").write_bytes(b"")
    with pytest.raises(ScoringError, match=r"s02\.jsonl has no gold of that name"):
        score_sharded_files(gold, predicted, tmp_path / "work")
    (predicted / "s02.jsonl").unlink()
    assert score_sharded_files(gold, predicted, tmp_path / "work").missing == ("page-1",)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScoringError, match=r"holds no \.jsonl file"):
        score_sharded_files(tmp_path / "empty", tmp_path / "empty", tmp_path / "work")
    with pytest.raises(ScoringError, match="there is no such folder"):
        score_sharded_files(gold, tmp_path / "nowhere", tmp_path / "work")


@pytest.mark.parametrize("line", ["{", '{"doc_id": 7}', '{"doc_id": "page-9", "entities": [{"start": "x"}]}', "[]", '{"doc_id": "page-9", "entities": 5}'])
def test_a_line_that_is_no_document_is_told_with_its_place(tmp_path: Path, line: str) -> None:
    gold, predicted = two_folders(tmp_path, 2, 1)
    with (predicted / "s01.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(DocumentError, match=r"s01\.jsonl, line 3"):
        score_sharded_files(gold, predicted, tmp_path / "work")


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConflictNewsError, match=r"gone\.jsonl: cannot be read"):
        score_shards([Shard("a", tmp_path / "gone.jsonl", ())], tmp_path / "work")


def test_the_command_scores_folders_of_shards_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    for folder, gold in (("g", True), ("p", False)):
        for part in range(3):
            write_jsonl([page(i, gold=gold) for i in range(part * 3, part * 3 + 3)], tmp_path / folder / f"part-{part}.jsonl")
    call = ("score-shards", tmp_path / "g", tmp_path / "p", "--work", tmp_path / "w")
    first = command_line(*call)
    assert first.code == 0
    assert "9 documents in 3 shards, 0 of them counted before" in " ".join(first.out.split())
    again = command_line(*call, "--json", "-")
    assert json.loads(again.out)["resumed"] == 3
    assert (
        json.loads(again.out)["scores"]["pipeline.joint"]["n_gold"]
        == score([page(i, gold=True) for i in range(9)], [page(i, gold=False) for i in range(9)]).scores["pipeline.joint"].n_gold
    )
    (tmp_path / "p" / "part-2.jsonl").unlink()
    assert command_line(*call).code == 2
