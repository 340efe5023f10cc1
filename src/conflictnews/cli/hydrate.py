"""conflictnews hydrate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def hydrate(
    files: Annotated[list[Path] | None, typer.Argument(help="Further source files, known by their checksums.", show_default=False)] = None,
    wikinews: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="wikinews_2019.csv and wikinews_2020.csv (give the option twice, or both files after it).", show_default=False)
    ] = None,
    muc4: Annotated[Path | None, typer.Option(metavar="FILE", help="tst4-muc4.mixed-case, from the MUC-3/4 archive.", show_default=False)] = None,
    morning_star: Annotated[Path | None, typer.Option(metavar="FILE", help="The saved page that the corpus started from.", show_default=False)] = None,
    from_: Annotated[Path | None, typer.Option("--from", metavar="DIR", help="A folder that holds the files under their own names.", show_default=False)] = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch what may be fetched from the publishers' pinned addresses.")] = False,
) -> None:
    """Put the texts of test_real on this machine, from your own copies or by download.

    The corpus ships only offsets, labels and checksums of these documents. Every file is known by its checksum; a wrong one is refused and nothing is written.
    The texts go to your data folder (CONFLICTNEWS_DATA names another).

    Example: **conflictnews hydrate --download --morning-star page.txt**
    """
    from conflictnews import hydrate as texts
    from conflictnews.corpus import load_corpus
    from conflictnews.errors import HydrationError

    sources = texts.load_sources()
    given: list[tuple[Path, str | None]] = [(path, None) for path in files or ()]
    given += [(path, "wikinews") for path in wikinews or ()]
    given += [(path, name) for path, name in ((muc4, "muc4"), (morning_star, "morning-star")) if path]
    if from_ is not None:
        if not from_.is_dir():
            raise HydrationError(f"{from_}: there is no such folder")
        here = [from_ / source.file for source in sources if (from_ / source.file).is_file()]
        if not here:
            raise HydrationError(f"{from_}: holds none of {', '.join(source.file for source in sources)}")
        given += [(path, None) for path in here]
    read = [texts.identify(path, sources, expected=expected) for path, expected in given]
    if download:
        have = {source.file for source, _ in read}
        read += [(source, texts.download(source)) for source in sources if source.url and source.file not in have]
    documents = load_corpus("test_real", standoff=True)
    if not read:
        missing = sum(texts.hydrated(document) is None for document in documents)
        print(texts.how_to_hydrate(missing, len(documents)) if missing else f"all {len(documents)} texts of test_real are on this machine ({texts.texts_dir()})")
        raise typer.Exit(2 if missing else 0)
    done = texts.hydrate(read, documents)
    print(f"{len(done)} texts written to {texts.texts_dir()}")
    missing = sum(texts.hydrated(document) is None for document in documents)
    print(f"{len(documents) - missing} of {len(documents)} documents of test_real are hydrated" + ("" if missing else "; score them with `conflictnews bench --split test_real`"))
