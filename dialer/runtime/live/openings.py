"""Campaigns that begin by themselves: `hours.autostart` in the campaign file.

A campaign is begun once in each of its opening windows. So one that the operator stopped, or whose leads were all
done, is not begun again before its hours open the next time; a new process begins what is open now.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import structlog

from campaigns.problems import OperatorError
from campaigns.workspace import Workspace

__all__ = ["Openings"]

_log = structlog.get_logger(__name__)

#: A campaign that could not be begun (a prompt is missing, the carrier does not answer) is tried again after this.
_TRY_AGAIN = timedelta(minutes=1)
#: How often campaign files are read for what opens.
_LOOK_EVERY = timedelta(seconds=10)


class Openings:
    """Says which campaigns are to be begun now.

    Args:
        workspace: whose campaign files; they are read anew at each look.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._settled: dict[str, datetime] = {}  # until when nothing is to be done
        self._look_at = datetime.min.replace(tzinfo=UTC)
        self._broken: set[str] = set()

    def due(self, at: datetime, running: Collection[str]) -> list[str]:
        """The campaigns whose hours are open, which begin by themselves, and which are not yet settled.

        Args:
            at: now.
            running: those that run already; they count as begun in this window.
        """
        if at < self._look_at:
            return []
        self._look_at = at + _LOOK_EVERY
        found = []
        for name in self._workspace.campaign_names():
            if at < self._settled.get(name, at):
                continue
            try:
                hours = self._workspace.campaign(name).hours
            except OperatorError as error:
                if name not in self._broken:  # told once, and by doctor
                    self._broken.add(name)
                    _log.error("campaign_file_is_wrong", campaign=name, why=str(error).splitlines()[0])
                continue
            self._broken.discard(name)
            if hours.autostart and hours.is_open(at):
                if name in running:
                    self.begun(name, at)
                else:
                    found.append(name)
        return found

    def begun(self, name: str, at: datetime) -> None:
        """A campaign was begun: nothing more to do until its hours have closed."""
        closes = self._workspace.campaign(name).hours.next_change(at)
        self._settled[name] = datetime.max.replace(tzinfo=UTC) if closes is None else closes

    def failed(self, name: str, at: datetime) -> None:
        """It could not be begun."""
        self._settled[name] = at + _TRY_AGAIN
