"""conflictnews hydrate."""

from __future__ import annotations

from pathlib import Path

import click

from conflictnews.cli.options import PATH, argument, command, option


@command
@argument("files", "Further source files, known by their checksums.", type=PATH, nargs=-1)
@option("--wikinews", type=PATH, multiple=True, metavar="FILE", help="wikinews_2019.csv and wikinews_2020.csv (give the option twice, or both files after it).")
@option("--muc4", type=PATH, metavar="FILE", help="tst4-muc4.mixed-case, from the MUC-3/4 archive.")
@option("--morning-star", type=PATH, metavar="FILE", help="The saved page that the corpus started from.")
@option("--from", "from_", type=PATH, metavar="DIR", help="A folder that holds the files under their own names.")
@option("--download", is_flag=True, help="Fetch what may be fetched from the publishers' pinned addresses.")
def hydrate(files: tuple[Path, ...], wikinews: tuple[Path, ...], muc4: Path | None, morning_star: Path | None, from_: Path | None, download: bool) -> None:
    """Put the texts of test_real on this machine, from your own copies or by download.

    The corpus ships only offsets, labels and checksums of these documents. Every file is known by its checksum; a wrong one is refused and nothing is written.
    The texts go to your data folder (CONFLICTNEWS_DATA names another).

    Example:
      conflictnews hydrate --download --morning-star page.txt
    """
    from conflictnews import hydrate as texts
    from conflictnews.corpus import load_corpus
    from conflictnews.errors import HydrationError

    sources = texts.load_sources()
    given: list[tuple[Path, str | None]] = [(path, None) for path in files]
    given += [(path, "wikinews") for path in wikinews]
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
        raise click.exceptions.Exit(2 if missing else 0)
    done = texts.hydrate(read, documents)
    print(f"{len(done)} texts written to {texts.texts_dir()}")
    missing = sum(texts.hydrated(document) is None for document in documents)
    print(f"{len(documents) - missing} of {len(documents)} documents of test_real are hydrated" + ("" if missing else "; score them with `conflictnews bench --split test_real`"))
