"""What the commands are declared with: options under titles, arguments with help, examples that keep their lines."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from conflictnews.cli.console import WIDTH

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": WIDTH}
"""How every command is asked for help, and how wide that gets where the terminal has room."""

PATH = click.Path(path_type=Path)
"""The type of a file or folder; whether it is there, the reader of it says."""

F = TypeVar("F", bound=Callable[..., Any])


class Option(click.Option):
    """An option that help shows under the title `section`."""

    def __init__(self, *names: Any, section: str = "Options", **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.section = section


class Argument(click.Argument):
    """An argument that help explains (`about`), as older versions of click do not."""

    section = "Arguments"

    def __init__(self, *names: Any, about: str = "", **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.about = about

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        """The row of this argument in help."""
        return self.human_readable_name, self.about


class Command(click.Command):
    """A command whose help has a section for each title, and keeps the lines of paragraphs with indented ones (examples)."""

    def __init__(self, name: str | None, *, help: str | None = None, **attributes: Any) -> None:
        paragraphs = inspect.cleandoc(help or "").split("\n\n")
        super().__init__(name, help="\n\n".join("\b\n" + p if "\n  " in p else p for p in paragraphs), context_settings=HELP, **attributes)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The same; every error knows the command that it is about."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the arguments and options, each under its title."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record:
                sections.setdefault(getattr(parameter, "section", "Options"), []).append(record)
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)


class Near(click.Group):
    """A group that names the nearest of its commands on a slip, and shows its help (exit code 2) where nothing is asked."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` open with; an error that names the nearest where there is none."""
        names = self.list_commands(ctx)
        if args[0] not in names and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = get_close_matches(args[0], names, n=1)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {near[0]!r}?" if near else f" The commands are {', '.join(names)}."))
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The same; with nothing to parse the help is shown, and the exit code is 2."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit(2)
        return super().parse_args(ctx, args)


class Group(Near, Command):
    """A command that has commands of its own, listed in the order in which they were declared."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(self.commands)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands with the first lines of their help."""
        Command.format_options(self, ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(name, (found.help or "").split("\n\n")[0]) for name, found in self.commands.items()])


def command(function: Callable[..., None]) -> Command:
    """The command that calls `function`: its name, and its docstring as help."""
    return click.command(function.__name__.replace("_", "-"), cls=Command)(function)


def group(function: Callable[..., None]) -> Group:
    """The group called as `function` is, with its docstring as help; commands join it with ``@name.command("verb", cls=Command)``."""
    return click.group(function.__name__.replace("_", "-"), cls=Group)(function)


def option(*names: str, section: str = "Options", **attributes: Any) -> Callable[[F], F]:
    """`click.option` with a title to stand under in help."""
    return click.option(*names, cls=Option, section=section, **attributes)


def argument(name: str, about: str, **attributes: Any) -> Callable[[F], F]:
    """`click.argument` with help."""
    return click.argument(name, cls=Argument, about=about, **attributes)
