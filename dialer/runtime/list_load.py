"""A contact list from its file into the store: read, cleaned, deduplicated, accounted for row by row."""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from campaigns.files import Campaign
from campaigns.lists import Chunk, ContactList, ListError
from campaigns.workspace import Workspace
from dialer.runtime.asking import open_rulebook
from dialer.runtime.consents import bases
from dialer.runtime.list_dedupe import CAMPAIGN, Dedupe
from dialer.runtime.list_pass import Mode, Pass
from dialer.runtime.list_stops import note_stops
from dialer.store import campaigns as stored_campaigns
from dialer.store import erasures, list_known, lists, loaded_lists, outcomes
from dialer.store.database import Store, open_store
from dnc.rules import Rulebook

__all__ = ["LoadResult", "load_contacts", "rejects_of"]

#: Stops written in one transaction, so that a floor that is dialing never waits long.
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What became of a file."""

    already: bool  # the same file had been loaded before; nothing was changed
    resumed: bool  # an interrupted load was finished
    funnel: dict[str, int]
    warnings: tuple[str, ...]
    rejects: Path | None
    by_column: dict[str, int] = field(default_factory=dict)  # of leads that were there: what changed


def rejects_of(workspace: Workspace, file_name: str, digest: str) -> Path:
    """Where the refused rows of a list are, by the name and the sha256 of its file."""
    return workspace.rejects_dir / f"{Path(file_name).stem}-{digest[:8]}.csv"


def load_contacts(
    workspace: Workspace,
    campaign: Campaign,
    file: Path,
    *,
    by: str = "",
    encoding: str | None = None,
    mapping: Path | dict[str, str] | None = None,
    policy: Literal["intersect", "address_first"] = "intersect",
    progress: Callable[[int], None] | None = None,
    mode: Mode = "append",
    name: str = "",
    whole_campaign: bool = False,
    expires_at: datetime | None = None,
    dedupe: Dedupe = CAMPAIGN,
) -> LoadResult:
    """Load one file.

    Args:
        workspace: whose database and rejects folder.
        campaign: whose leads.
        file: the list.
        by: who loads it; by default who runs this process.
        encoding: of the file; told from its bytes when None.
        mapping: a saved mapping of columns.
        policy: which place counts where number and address disagree.
        progress: called with the number of rows read so far.
        mode: what becomes of leads that the campaign has (`dialer.runtime.list_pass`).
        name: of the list; by default that of its file.
        whole_campaign: a replacement is one of every list of the campaign, not only of those of this name.
        expires_at: from then on the list's leads are not dialed.
        dedupe: whose leads a row may not be, beside those of the campaign.

    Raises:
        ListError: the file cannot be read as a list; nothing was loaded.
        StoreError: the database refuses; the next load of the file goes on where this one stopped.
    """
    now, who = datetime.now(UTC), by or getpass.getuser()
    digest, merge = _sha256(file), mode != "append"
    called = name or file.name
    with open_store(workspace.database_url) as store:
        with store.writing() as tx:
            stored_campaigns.upsert(
                tx,
                campaign.name,
                client=campaign.client,
                scope=campaign.scope,
                file_hash=campaign.file_hash,
                at=now,
            )
            done = None if merge else lists.known(tx, campaign.name, digest)
            existing = () if done is not None or merge else outcomes.numbers_elsewhere(tx, campaign.name, digest)
            erased = erasures.every(tx)
        if done is not None:
            return LoadResult(True, False, done.funnel, (), None)
        workspace.rejects_dir.mkdir(parents=True, exist_ok=True)
        rejects = rejects_of(workspace, file.name, digest)
        book = open_rulebook(workspace)

        def where(numbers: list[str]) -> dict[str, str]:
            with store.reading() as tx:
                return list_known.in_campaign(tx, numbers, campaign.name)

        with ContactList(
            file,
            default_country=campaign.country,
            encoding=encoding,
            mapping=mapping,
            existing=existing,
            erased=erased,
            bases=bases(book),
            where=where,
            policy=policy,
            rejects_to=rejects,
            now=now,
        ) as contacts:

            def counted() -> dict[str, int]:
                return {key: count for key, count in contacts.funnel.as_dict().items() if key != "loaded"}

            chunks = _with_words_noted(store, campaign, contacts, book, file.name, who, now)
            rows = dedupe.fresh(store, campaign, lists.leads_of(chunks), now, contacts.refuse)
            change = Pass(store, campaign, mode, called, whole_campaign, file.name, who, now, contacts.refuse)
            loaded = lists.insert_list(
                store,
                campaign.name,
                rows,
                file_name=file.name,
                sha256=digest,
                at=now,
                by=who,
                reader=counted,
                refused=contacts.refuse_erased,
                progress=None if progress is None else lambda _seen: progress(contacts.funnel.read),
                name=called,
                expires_at=expires_at,
                again=merge,
                new_of=change.new_of if merge else None,
                finish=change.finish if merge else None,
            )
            with store.reading() as seen:
                ends = [
                    each for each in loaded_lists.of_campaign(seen, campaign.name) if each.list_id == loaded.list_id
                ]
            change.warnings += [
                f"the list expired on {each.expires_at:%Y-%m-%d}: its leads are not dialed (dialer lists expire)"
                for each in ends
                if each.expires_at is not None and each.expires_at <= now
            ]
            warnings = (*change.warnings, *(str(warning) for warning in contacts.warnings))
    return LoadResult(False, loaded.resumed, loaded.funnel, warnings, rejects, dict(change.by_column))


def _with_words_noted(
    store: Store, campaign: Campaign, chunks: Iterable[Chunk], book: Rulebook, file_name: str, by: str, at: datetime
) -> Iterator[Chunk]:
    """The chunks as they are; what any of their rows says of people who may be loaded already is written down first."""
    for chunk in chunks:
        for first in range(0, len(chunk.stops), _AT_ONCE):
            with store.writing() as tx:
                some = chunk.stops[first : first + _AT_ONCE]
                note_stops(tx, campaign, some, book=book, file_name=file_name, by=by, at=at)
        if len(chunk.repeated):
            with store.writing() as tx:
                told = lists.business_of(chunk.repeated)
                lists.note_business(tx, campaign.name, told, file_name=file_name, by=by, at=at)
        yield chunk


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ListError(f"the list cannot be read ({error.strerror})", file=file) from error
