"""Everything that dialing needs, looked at one thing at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from campaigns.caller_ids import shared_caller_ids
from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.runtime.asking import open_rulebook
from dialer.runtime.findings import Finding
from dialer.runtime.live.checks import examine_carrier
from dialer.store.database import open_store
from dialer.store.errors import StoreError
from dnc.registries import RegistryStore
from dnc.rules import RulesError
from dnc.zones import TZDATA_VERSION

__all__ = ["examine"]

_LEAST_DISK = 1 << 30


def examine(workspace: Workspace) -> list[Finding]:
    """Look at everything; a look that fails is itself a finding."""
    found = [Finding("settings", True, str(workspace.root / "dialer.toml"))]
    found.append(Finding("time zones", True, f"tzdata {TZDATA_VERSION}"))
    for look in (_database, _rules, _campaigns, _lists, _carrier, _disk):
        found += _safely(look, workspace)
    return found


def _safely(look: Callable[[Workspace], Iterator[Finding]], workspace: Workspace) -> list[Finding]:
    name = look.__name__.removeprefix("_")
    try:
        return list(look(workspace))
    except (OperatorError, StoreError, RulesError, OSError) as error:
        return [Finding(name, False, str(error).splitlines()[0], "mend this first: nothing is dialed until then")]


def _database(workspace: Workspace) -> Iterator[Finding]:
    with open_store(workspace.database_url) as store, store.reading():
        yield Finding("database", True, store.name)


def _rules(workspace: Workspace) -> Iterator[Finding]:
    book = open_rulebook(workspace)
    yield Finding("rules", True, f"version {book.version[:16]}")


def _campaigns(workspace: Workspace) -> Iterator[Finding]:
    names = workspace.campaign_names()
    if not names:
        yield Finding("campaigns", False, "no campaign file", "write one, see dialer init")
    for name in names:
        try:
            workspace.campaign(name)
        except OperatorError as error:
            yield Finding(f"campaign {name}", False, str(error).splitlines()[0], "see dialer campaigns check")
        else:
            yield Finding(f"campaign {name}", True, "valid")
    for name, problems in shared_caller_ids(workspace).items():
        for each in problems:
            where = f"{each.file} (line {each.line}): {each.what}"
            yield Finding(f"caller ids of {name}'s client", False, where, each.do)


def _lists(workspace: Workspace) -> Iterator[Finding]:
    countries = set()
    for name in workspace.campaign_names():
        try:
            countries.add(workspace.campaign(name).country)
        except OperatorError:
            continue  # named by the look at the campaigns
    for each in RegistryStore(workspace.registries_dir).status(datetime.now(UTC), sorted(countries)):
        if each.required:
            days = "" if each.days_left is None else f", {each.days_left} days left"
            yield Finding(
                f"list {each.registry}",
                each.state == "fresh",
                f"{each.state}{days}",
                each.detail or "import the newest file: dialer dnc import",
            )


def _carrier(workspace: Workspace) -> Iterator[Finding]:
    yield from examine_carrier(workspace)


def _disk(workspace: Workspace) -> Iterator[Finding]:
    free = shutil.disk_usage(workspace.root).free
    yield Finding("disk", free >= _LEAST_DISK, f"{free / 2**30:.1f} GiB free", "make room: facts must be written")
