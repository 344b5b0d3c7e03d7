"""Commands whose modules are imported only when they are used: the help of the root needs none of them.

Help is plain text: drawing it with rich takes longer than all the rest of the start.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

__all__ = ["Group", "Later", "group_of", "loaded"]


class Group(TyperGroup):
    """A group of commands whose help shows the first paragraph of each, whole."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands: click's own cuts each at the end of its first line."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, " ".join((command.help or "").split("\n\n")[0].split()))
                    for name, command in self.commands.items()
                ]
            )


class Later(TyperCommand):
    """A command or a group of commands known by its name and its line of help until it is used.

    Args:
        name: as it is typed.
        where: `package.module:attribute`, a function or a `typer.Typer`.
        help: its line in the help of the root. It is the help of a group; a command has its own, which begins so.
    """

    def __init__(self, name: str, where: str, help: str) -> None:
        super().__init__(name, help=help, rich_markup_mode=None)
        self.where = where

    def load(self) -> TyperCommand | TyperGroup:
        """Import it: the command itself."""
        module, _, attribute = self.where.partition(":")
        found = getattr(import_module(module), attribute)
        assert self.name is not None
        holder = typer.Typer(rich_markup_mode=None)
        if isinstance(found, typer.Typer):
            holder.add_typer(found, name=self.name, help=self.help, cls=Group)
        else:
            holder.command(self.name)(found)
        command = typer.main.get_group(holder).commands[self.name]
        assert isinstance(command, TyperCommand | TyperGroup)
        return command

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """The context of the command itself: from here on this stand-in has no part."""
        return self.load().make_context(*args, **kwargs)


def group_of(*commands: Later) -> type[Group]:
    """The class of a group that holds these commands, for `typer.Typer(cls=...)`."""

    class _Group(Group):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**{**settings, "commands": list(commands)})

    return _Group


def loaded(group: TyperGroup) -> TyperGroup:
    """The same group with every `Later` in it replaced by the command itself."""
    group.commands.update({name: each.load() for name, each in group.commands.items() if isinstance(each, Later)})
    return group
