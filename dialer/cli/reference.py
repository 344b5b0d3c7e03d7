"""The reference of the command line, made from the commands themselves.

`docs/cli.md` is what `reference_page` returns; a test fails when the page and the commands differ. To make it
again: `python -m dialer.cli.reference > docs/cli.md`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from dialer.cli.common import FAILED, NOTHING_TO_DO, REFUSED, USAGE
from dialer.cli.lazy import loaded
from dialer.cli.main import app

__all__ = ["commands", "name_of", "reference_page", "root"]

_HEAD = f"""\
# Command line

Made from the commands themselves; a test fails when this page and the commands differ.
To make it again: `python -m dialer.cli.reference > docs/cli.md`.

Almost every command works in a *working folder*, the one with `dialer.toml` in it; `dialer init` makes one. `--dir`
names it and stands before the command: `dialer --dir FOLDER doctor`. Without `--dir` it is the folder named by the
environment variable `DIALER_HOME`, or else the nearest one from the current folder upwards.

An instant is written in ISO 8601: `2026-11-23T14:30-05:00`. Answers go to standard output. Errors, progress and
logs go to standard error.

## Exit codes

| code | meaning |
|---|---|
| 0 | It worked. A second `dialer run` of a campaign that is already running also ends with 0. |
| {FAILED} | It failed. Standard error says why and what to do. |
| {USAGE} | The command line is wrong: an unknown option, a missing or a malformed value. |
| {REFUSED} | Compliance says no: the number may not be called, or a list that is needed is stale or missing. |
| {NOTHING_TO_DO} | There is nothing to do: no such entry, nothing on record, never run. |
"""


def root() -> TyperGroup:
    """The command `dialer` with everything below it."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return loaded(group)


def commands(group: TyperGroup | None = None, path: str = "dialer") -> Iterator[tuple[str, TyperCommand]]:
    """Every command that does something, with its full name (`dialer dnc add`), in the order of the help."""
    for name, command in (group or root()).commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{path} {name}")
        else:
            assert isinstance(command, TyperCommand)
            yield f"{path} {name}", command


def name_of(argument: TyperArgument) -> str:
    """An argument's name as the usage line shows it, without brackets."""
    return (argument.metavar or argument.opts[0].upper()).strip("[].")


def reference_page() -> str:
    """The whole page."""
    top = root()
    listing = ["| command | what |", "|---|---|"]
    sections = []
    for name, command in commands():
        listing.append(f"| [`{name}`](#{name.replace(' ', '-')}) | {_first_sentence(command)} |")
        sections.append(_section(name, command))
    before = _options([each for each in top.params if isinstance(each, TyperOption)])
    parts = [
        _HEAD,
        "## Options before the command\n\n" + before,
        "## Commands\n\n" + "\n".join(listing) + "\n",
        *sections,
    ]
    return "\n".join(parts)


def _section(name: str, command: TyperCommand) -> str:
    arguments = [each for each in command.params if isinstance(each, TyperArgument)]
    options = [each for each in command.params if isinstance(each, TyperOption)]
    usage = [name, *(["[OPTIONS]"] if options else []), *map(_usage, arguments)]
    parts = [f"## {name}", f"```text\n{' '.join(usage)}\n```", inspect.cleandoc(command.help or "")]
    if arguments:
        rows = [f"| `{_usage(each)}` | {_cell(each.help)} | {_default(each)} |" for each in arguments]
        parts.append("\n".join(["| argument | what | default |", "|---|---|---|", *rows]))
    if options:
        parts.append(_options(options).rstrip())
    return "\n\n".join(parts) + "\n"


def _usage(argument: TyperArgument) -> str:
    name = name_of(argument) if argument.required else f"[{name_of(argument)}]"
    return f"{name}..." if argument.nargs == -1 else name


def _options(options: list[TyperOption]) -> str:
    with_variables = any(option.envvar for option in options)
    rows = ["| option | what | default |", "|---|---|---|"]
    if with_variables:
        rows = ["| option | what | default | environment |", "|---|---|---|---|"]
    for option in options:
        words = ", ".join([*option.opts, *option.secondary_opts])
        if not option.is_flag:
            words += f" {_value(option)}"
        row = f"| `{_cell(words)}` | {_cell(option.help)} | {_default(option)} |"
        if with_variables:
            row += f" `{option.envvar}` |" if option.envvar else "  |"
        rows.append(row)
    return "\n".join(rows) + "\n"


def _value(option: TyperOption) -> str:
    """What stands behind the option: its metavar, or the kind of value."""
    return option.metavar or option.type_descriptor.annotation.__name__.upper()


def _default(param: TyperArgument | TyperOption) -> str:
    if param.required:
        return "required"
    if param.default is None or param.default is False or param.default == "":
        return ""
    return f"`{param.default}`"


def _cell(text: str | None) -> str:
    """A text inside a cell of a table."""
    return " ".join((text or "").split()).replace("|", "\\|")


def _first_sentence(command: TyperCommand) -> str:
    return _cell(inspect.cleandoc(command.help or "").split("\n\n")[0])


if __name__ == "__main__":
    print(reference_page(), end="")
