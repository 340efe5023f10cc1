"""`load_dataset` made safe: the bundled Parquet through Hugging Face `datasets`, and hydrated documents where their texts are at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conflictnews.corpus import load_corpus
from conflictnews.errors import ConflictNewsError, MissingExtraError
from conflictnews.resources import corpus_dir
from conflictnews.tables import CONFIGS, HF_SPLITS, make_table

if TYPE_CHECKING:
    import datasets


def load_dataset(config: str = "documents", *, split: str | None = None, streaming: bool = False) -> Any:
    """A config of the corpus as a `datasets.Dataset`, or without `split` a `datasets.DatasetDict` of the composed splits.

    `config` is one of documents (all layers nested), entities, events, quotes, boilerplate (one row a line), ner (tokens and IOB2 tags). `split` is train,
    dev (or validation), test, or test_real; the last is made from the texts on this machine and raises HydrationError, saying what to run, when they are not there.
    With `streaming` an `IterableDataset` comes instead.
    """
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError("load_dataset", "hf") from error
    if config not in CONFIGS:
        raise ConflictNewsError(f"there is no config {config!r}; the configs are {', '.join(CONFIGS)}")
    names = {**HF_SPLITS, "validation": "validation"}
    if split is not None and split not in names:
        raise ConflictNewsError(f"there is no split {split!r}; the splits are {', '.join(HF_SPLITS)}")
    if split == "test_real":
        return _hydrated(config, datasets, streaming=streaming)
    folder = corpus_dir() / "data" / config
    if not folder.is_dir():  # a missing folder would send the library to the network
        raise ConflictNewsError(f"{folder} is missing; run `conflictnews build`")
    if split is not None:
        return datasets.load_dataset(str(corpus_dir()), config, split=names[split], streaming=streaming)
    found = {name: datasets.load_dataset(str(corpus_dir()), config, split=name, streaming=streaming) for ours, name in HF_SPLITS.items() if ours != "test_real"}
    return datasets.IterableDatasetDict(found) if streaming else datasets.DatasetDict(found)


def _hydrated(config: str, library: Any, *, streaming: bool) -> datasets.Dataset | datasets.IterableDataset:
    from conflictnews.corpus import load_manifest
    from conflictnews.schema import load_schema

    table = make_table(config, load_corpus("test_real"), load_schema(), canary=load_manifest()["canary"])
    dataset = library.Dataset(library.table.InMemoryTable(table))
    return dataset.to_iterable_dataset() if streaming else dataset
