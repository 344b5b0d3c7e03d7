"""A manager's heavy jobs: a look at a contact list, loading it, the launch preview, a report.

Run by `dialer.runtime.worker`; each calls what the command line calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from campaigns.lists import ContactList, ListError
from campaigns.lists.reading import records
from campaigns.workspace import Workspace
from dialer.reports.build import Report
from dialer.reports.preview import Preview
from dialer.runtime.asking import open_rulebook
from dialer.runtime.consents import bases
from dialer.runtime.list_check import check_contacts
from dialer.runtime.list_load import LoadResult, load_contacts
from dialer.runtime.preview import preview_of
from dialer.runtime.reporting import NothingToReport, Span, last_run, report_of
from dialer.store.database import open_store
from dnc.registries import ImportReport
from dnc.registries.report import mask

__all__ = ["Column", "Looked", "launch", "load", "look", "report"]

_Progress = Callable[[int, int], None]
#: Rows shown of a list before it is loaded.
_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its name there, the field it is read as ("" when it is not known), and its first cells.

    Telephone numbers in the cells are masked.
    """

    name: str
    field: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """A list before it is loaded; `report` counts rows."""

    columns: tuple[Column, ...]
    report: ImportReport


def look(progress: _Progress, root: Path, name: str, file: Path) -> Looked:
    """Read a contact list and judge it, row by row, without loading any. A file that is none is in the report."""
    workspace = Workspace.load(root)
    country = workspace.campaign(name).country
    report = check_contacts(file, country)
    progress(report.counts.lines, 0)
    columns: tuple[Column, ...] = ()
    try:
        with ContactList(file, default_country=country, bases=bases(open_rulebook(workspace))) as contacts:
            layout = contacts.source.layout
            read_as = {position: field for field, position in layout.fields.items()}
            rows = [cells for _, cells in islice(records(contacts.source), _SAMPLES)]
            columns = tuple(
                Column(column, read_as.get(n, ""), tuple(mask(row[n]) for row in rows if n < len(row)))
                for n, column in enumerate(layout.names)
            )
    except ListError:
        pass  # it is told in the report
    return Looked(columns, report)


def load(progress: _Progress, root: Path, name: str, file: Path, by: str) -> LoadResult:
    """Load a contact list, as `dialer lists load`. Raises ListError, StoreError."""
    workspace = Workspace.load(root)
    return load_contacts(workspace, workspace.campaign(name), file, by=by, progress=lambda rows: progress(rows, 0))


def launch(progress: _Progress, root: Path, name: str) -> Preview:
    """The launch preview at this instant, as `dialer campaigns preview`. Raises StoreError, RulesError."""
    workspace = Workspace.load(root)
    return preview_of(workspace, workspace.campaign(name), datetime.now(UTC), progress)


def report(progress: _Progress, root: Path, name: str, since: datetime | None, until: datetime | None) -> Report | str:
    """The report, as `dialer report`: of the last run, or of a span; one line where there is nothing to report."""
    workspace = Workspace.load(root)
    campaign = workspace.campaign(name)
    now = datetime.now(UTC)
    with open_store(workspace.database_url) as store:
        try:
            span = last_run(store, name, now)
        except NothingToReport as error:
            return str(error)
        if since is not None or until is not None:
            span = Span(since or span.since, until or max(span.until, now), span.clock, span.seed)
        if span.since >= span.until:
            return "the beginning lies after the end"
        progress(1, 2)
        return report_of(store, campaign, span)
