from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from conflictnews import load_corpus
from conflictnews.errors import ConflictNewsError
from conflictnews.io.formats import FORMATS, format_of
from conflictnews.model import Document
from strategies import some_documents

LOSSLESS = [name for name, entry in FORMATS.items() if entry.lossless]


def there_and_back(name: str, documents: tuple[Document, ...]) -> tuple[Document, ...]:
    module = FORMATS[name].load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("out" if FORMATS[name].folder else f"out{FORMATS[name].suffixes[0]}")
        module.write(documents, path)
        return tuple(module.read(path))


@pytest.mark.parametrize("name", LOSSLESS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(documents=some_documents)
def test_a_lossless_format_gives_back_every_document_as_it_was(name: str, documents: tuple[Document, ...]) -> None:
    assert there_and_back(name, documents) == documents
    assert [line for d in documents for line in FORMATS[name].load().losses(d)] == []


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_the_corpus_comes_back_identical(name: str, split: str) -> None:
    documents = tuple(load_corpus(split))
    assert sorted(there_and_back(name, documents), key=lambda d: d.doc_id) == sorted(documents, key=lambda d: d.doc_id)


def test_the_name_of_a_file_tells_its_format_or_an_error_lists_them(tmp_path: Path) -> None:
    assert format_of(Path("a.jsonl"))[0] == "jsonl"
    assert format_of(Path("a.prodigy.jsonl"))[0] == "prodigy"
    assert format_of(Path("anything"), "json")[0] == "json"
    with pytest.raises(ConflictNewsError, match=f"does not tell its format; say it with --from or --to, one of {', '.join(FORMATS)}"):
        format_of(tmp_path / "a.odt")
    with pytest.raises(ConflictNewsError, match="there is no format 'odt'"):
        format_of(tmp_path / "a", "odt")
