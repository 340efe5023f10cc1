"""conflictnews convert."""

from __future__ import annotations

from pathlib import Path

import click

from conflictnews.cli.console import console
from conflictnews.cli.documents import CHOICES, check, plural, read, tell_losses
from conflictnews.cli.options import PATH, argument, command, option
from conflictnews.io.formats import FORMATS


def show_formats(ctx: click.Context, parameter: click.Parameter, asked: bool) -> None:
    """Print the table of formats and end, where it was asked for."""
    if not asked or ctx.resilient_parsing:
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("format", "what it is", "layers", "comes back", "extra"):
        table.add_column(title, no_wrap=title in ("format", "comes back"))
    for name, entry in FORMATS.items():
        extra = f"{entry.extra} ({'installed' if entry.installed else 'not installed'})" if entry.extra else ""
        table.add_row(name, entry.title, ", ".join(entry.layers) or "all", "identical" if entry.lossless else "with losses", extra)
    console().print(table)
    ctx.exit()


@command
@argument("source", "Documents to read: a file, a folder, or corpus:SPLIT for a split of the corpus.", metavar="IN")
@argument("out", "The file or folder to write.", type=PATH, metavar="OUT")
@option("--to", metavar="FORMAT", default="", help=f"What to write: {CHOICES}. Default: what the name of OUT tells.")
@option("--from", "from_", metavar="FORMAT", default="", help="What to read, one of the same. Default: what the name of IN tells.")
@option("--formats", is_flag=True, is_eager=True, expose_value=False, callback=show_formats, help="Show the formats, what they carry and what they need, and stop.")
@option("--lossy", is_flag=True, help="Go on though something is lost that the format cannot carry; it is listed all the same.")
@option("--force", is_flag=True, help="Replace what is at OUT already.")
@option("--texts", default="", metavar="PATH", help="Documents with the texts of those that have none, by doc_id: a file, a folder, or corpus:SPLIT.")
@option("--lenient", is_flag=True, section="Reading", help="Mend or leave out faulty lines and say which; without it the first one is an error.")
@option("--layer", default="", metavar="LAYER", section="Reading", help="The layer that the spans of other people's files belong to, for formats that cannot tell.")
@option("--answers-of", default="", metavar="WHO", section="Reading", help="Whose annotations to read, for formats that keep those of several people.")
def convert(source: str, out: Path, to: str, from_: str, lossy: bool, force: bool, texts: str, lenient: bool, layer: str, answers_of: str) -> None:
    """Turn documents of one format into another, and say first what would be lost.

    Nothing is written where something would be lost (exit code 1), unless --lossy is given, nor where something is at OUT already, unless --force is.

    Example:
      conflictnews convert corpus:dev dev-brat --to brat --lossy
      conflictnews convert dev-brat dev.jsonl
    """
    from conflictnews.convert import output_format, refuse_existing, write_documents

    name, _ = output_format(out, to)
    refuse_existing(out, force=force)
    reading = read(source, from_, lenient=lenient, layer=layer, answers_of=answers_of)
    documents = check(reading.documents, name, texts=texts)
    tell_losses(documents, name, lossy=lossy)
    write_documents(documents, out, name, force=force)
    print(f"{plural(len(documents), 'document')} written to {out} ({name})")
