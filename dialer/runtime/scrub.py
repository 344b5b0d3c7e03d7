"""A contact list through the gate without loading it: every number of every row decided, millions in seconds.

*Theory of operation.* The file is cut into blocks, which worker processes read and judge (`dialer.runtime.workers`). A
block goes through the same steps as a list that is loaded and then dialed: cells are cleaned
(`campaigns.lists.entries`), numbers placed (`dnc.places`), own lists, consents, past calls and blocks looked up
(`dialer.runtime.columns`), the rules asked (`dialer.runtime.screening`). Blocks come back in the order of the file, and
numbers that an earlier row has are sorted out there. Only a few blocks are in memory at any time.

Nothing is written to the database: a decision about a file is no dial decision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from campaigns.files import Campaign
from campaigns.lists import load_mapping
from campaigns.lists.blocks import Block, Sheet, blocks_of
from campaigns.lists.entries import ENTRY_FIELDS, REASONS, Entries, read_entries
from campaigns.lists.fields import PHONES
from campaigns.lists.reading import Source, recognise
from campaigns.lists.seen import Seen
from campaigns.lists.workbooks import as_text
from campaigns.workspace import Workspace
from dialer.runtime.asking import open_rulebook
from dialer.runtime.columns import CampaignFacts
from dialer.runtime.policy import policy_of
from dialer.runtime.screening import TIME_BITS, Bits, Judges
from dialer.runtime.scrub_output import Decisions, reasons_of, writer_for
from dialer.runtime.workers import cores, in_order
from dialer.store import erasures
from dialer.store.database import open_store
from dnc.coding import Coded
from dnc.gate import Gate, MemoryFacts
from dnc.gate.columns import Column, Contacts, number_keys
from dnc.lookup import Lookup
from dnc.numbers.columns import TYPES
from dnc.places.columns import PlaceFinder
from dnc.places.combine import Policy as PlacePolicy
from dnc.places.tables import PLACES_VERSION
from dnc.registries import RegistryStore
from dnc.zones import TZDATA_VERSION

__all__ = ["Scrub", "Scrubbed", "decide_all", "mark_repeats", "open_scrub", "screen_file"]

_LINE_TYPES = {"mobile": "mobile", "fixed_line": "fixed"}
#: A number with one of these belongs to the row all the same, and a later row that has it is a duplicate.
_CLAIMING = [0, *(n for n, reason in enumerate(REASONS) if reason.code in ("ATTORNEY", "CEASE"))]
_ERASED = next(n for n, reason in enumerate(REASONS) if reason.code == "ERASED")
_DUPLICATE = next(n for n, reason in enumerate(REASONS) if reason.code == "DUPLICATE")
_NEVER = np.datetime64("NaT", "us")


class Scrub:
    """Decides the numbers of contact lists as a campaign would call them at one instant.

    Args:
        judges: the gate for the campaign's columns.
        at: the instant, zone-aware.
        now: bounds consent dates; one in the future counts as none.
        erased: E.164 numbers whose owners were erased, and when.
        places: which place counts where number and address disagree.
    """

    def __init__(
        self,
        judges: Judges,
        at: datetime,
        *,
        now: datetime,
        erased: Mapping[str, datetime] | None = None,
        places: PlacePolicy = "intersect",
    ) -> None:
        self.campaign = judges.facts.campaign
        self.finder = PlaceFinder(places, reasons=False)
        self._judges, self._judge = judges, judges.at(at)
        self._now = now
        # Who a row is about matters to those only who were called before.
        self._fields = [name for name in ENTRY_FIELDS if len(judges.facts.past) or not name.endswith("_id")]
        self._erased = Lookup(number_keys(pa.array(list(erased or {}), type=pa.large_string())))

    def decide(self, block: Block) -> Decisions:
        """What is decided about a block, whatever other blocks hold.

        Raises:
            ListError: the text cannot be read.
        """
        entries = self.entries(self.sheet(block))
        good = np.flatnonzero(entries.reason == 0)
        contacts = self.contacts(entries, good, self.places(entries, good))
        return Decisions.of(entries, good, *self.verdicts(contacts))

    def sheet(self, block: Block) -> Sheet:
        """The columns that decisions rest on.

        Raises:
            ListError: the text cannot be read.
        """
        return block.read(self._fields)

    def entries(self, sheet: Sheet) -> Entries:
        """Every number of some rows; a row with the number of somebody who was erased is refused whole."""
        found = read_entries(sheet, self.campaign.country, self._now)
        erased = self._erased.holds(found.numbers.digits) & found.numbers.ok
        if erased.any():
            rows = np.zeros(len(sheet), dtype=bool)
            rows[found.row[erased]] = True
            found.reason[rows[found.row]] = _ERASED
        return found

    def places(self, entries: Entries, rows: NDArray[np.intp]) -> Coded:
        """Where some entries may be: `Place.key` of each."""
        of = pa.array(entries.row[rows])
        address = {
            name: Coded(column.codes[entries.row[rows]], column.names) if isinstance(column, Coded) else column.take(of)
            for name, column in entries.address.items()
        }
        found = self.finder.find(entries.numbers.take(rows), address)
        return Coded(found.astype(np.int64), self.finder.keys[:])

    def contacts(self, entries: Entries, rows: NDArray[np.intp], places: Coded) -> Contacts:
        """Some entries at their places, with everything known of them."""
        of, kinds = entries.row[rows], entries.numbers.type[rows]
        columns: dict[str, Column] = {
            "digits": entries.numbers.digits[rows],
            "number_ok": np.ones(len(of), dtype=bool),
            "place_key": places,
            "number_kind": Coded(entries.kind.codes[rows], entries.kind.names),
            "line_type": Coded(kinds.astype(np.int64), [_LINE_TYPES.get(name, "") for name in TYPES]),
            "consent_basis": Coded(entries.consent_basis.codes[of], entries.consent_basis.names),
            "consent_given_at": entries.consent_at[of],
        }
        if len(self._judges.facts.past):
            columns["person"] = entries.persons().take(pa.array(of))
            debts = entries.debts()
            if debts is not None:
                columns["debt"] = debts.take(pa.array(of))
        return self._judges.contacts(columns)

    def verdicts(self, contacts: Contacts) -> tuple[Bits, NDArray[np.datetime64]]:
        """The gate's codes, and when places open that nothing but their clock closes."""
        judged, bits = self._judge.verdicts(contacts)
        opens = np.full(len(bits), _NEVER)
        later = np.flatnonzero((bits != 0) & ((bits & ~np.int64(TIME_BITS)) == 0))
        if len(later):
            opens[later] = self._judge.screener.opens(judged, later)
        return bits, opens


@dataclass
class Scrubbed:
    """What came of a file."""

    file: Path
    campaign: str
    zone: str  # the campaign's
    at: datetime
    versions: dict[str, str]
    rows: int = 0
    numbers: int = 0
    seconds: float = 0.0
    outcomes: Counter[tuple[int, int]] = field(default_factory=Counter)  # (reason, bits) -> numbers

    def add(self, decisions: Decisions) -> None:
        """Count a part."""
        self.rows += decisions.rows
        self.numbers += len(decisions)
        key = decisions.reason.astype(np.int64) << 56 | decisions.bits
        known, counts = np.unique(key, return_counts=True)
        for one, count in zip(known.tolist(), counts.tolist(), strict=True):
            self.outcomes[one >> 56, one & (1 << 56) - 1] += count

    @property
    def allowed(self) -> int:
        """Numbers that may be called at the instant."""
        return self.outcomes[0, 0]

    @property
    def later(self) -> int:
        """Numbers that nothing but time keeps back."""
        return sum(n for (why, bits), n in self.outcomes.items() if not why and bits and not bits & ~TIME_BITS)

    @property
    def blocked(self) -> int:
        """Numbers that a rule or a list keeps back, whatever the time."""
        return sum(n for (why, bits), n in self.outcomes.items() if not why and bits & ~TIME_BITS)

    @property
    def refused(self) -> int:
        """Entries that are no numbers to call: bad, duplicate, of people who asked that contact cease."""
        return sum(n for (why, _), n in self.outcomes.items() if why)

    def codes(self) -> list[tuple[str, str, int]]:
        """Every code that refuses any number: what it means, and how many; the most frequent first."""
        found: Counter[tuple[str, str]] = Counter()
        for (why, bits), count in self.outcomes.items():
            found.update(dict.fromkeys(reasons_of(why, bits), count))
        return sorted(((code, what, n) for (code, what), n in found.items()), key=lambda one: (-one[2], one[0]))


def decide_all(scrub: Scrub, blocks: Iterable[Block], processes: int) -> Iterator[Decisions]:
    """The decisions about blocks, made in some processes, in the order of the blocks.

    Raises:
        ListError: the text cannot be read.
        ChildProcessError: a worker was ended by somebody.
    """
    seen = Seen()
    for decisions in in_order(scrub.decide, blocks, processes):
        yield mark_repeats(decisions, seen)


def mark_repeats(decisions: Decisions, seen: Seen) -> Decisions:
    """The decisions with `DUPLICATE` for numbers that an earlier row has."""
    rows = np.flatnonzero((decisions.digits > 0) & np.isin(decisions.reason, _CLAIMING))
    again = rows[seen.repeated(decisions.digits[rows])]
    if len(again):
        decisions.reason[again], decisions.bits[again], decisions.opens[again] = _DUPLICATE, 0, _NEVER
    return decisions


def screen_file(
    workspace: Workspace,
    campaign: Campaign,
    file: Path,
    *,
    at: datetime,
    out: Path | None = None,
    encoding: str | None = None,
    mapping: Path | None = None,
    places: PlacePolicy = "intersect",
    processes: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Scrubbed:
    """Decide every number of a contact list as the campaign would call it at an instant.

    Args:
        workspace: whose database, rules and registries; nothing is written there.
        campaign: for which.
        file: the list.
        at: the instant.
        out: where the decisions go, one a line; see `dialer.runtime.scrub_output`.
        encoding: of the file; told from its bytes when None.
        mapping: a saved mapping of columns.
        places: which place counts where number and address disagree.
        processes: how many decide; 0: one for each core.
        progress: called with the number of rows decided so far.

    Raises:
        ListError: the file cannot be read as a list; there is no file of decisions then.
        StoreError: the database refuses.
        RulesError: a rule file is wrong.
        OSError: `out` cannot be written.
    """
    begun = perf_counter()
    with ExitStack() as stack:
        text = stack.enter_context(as_text(file))
        source = recognise(text, encoding=encoding, mapping=None if mapping is None else load_mapping(mapping))
        scrub, versions = open_scrub(workspace, campaign, at, places=places)
        found = Scrubbed(file, campaign.name, campaign.hours.timezone, at, versions)
        headings = _headings(source)
        writer = None if out is None else stack.enter_context(writer_for(out, headings))
        for decisions in decide_all(scrub, blocks_of(source), processes or cores()):
            found.add(decisions)
            if writer is not None:
                writer.write(decisions)
            if progress is not None:
                progress(found.rows)
    found.seconds = perf_counter() - begun
    return found


def open_scrub(
    workspace: Workspace, campaign: Campaign, at: datetime, *, places: PlacePolicy = "intersect"
) -> tuple[Scrub, dict[str, str]]:
    """Read everything that decisions rest on: what decides, and the versions of its data.

    Raises:
        StoreError: the database refuses.
        RulesError: a rule file is wrong.
    """
    book, policy = open_rulebook(workspace), policy_of(campaign.caps)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        facts = CampaignFacts.read(tx, campaign, book, policy, at, loaded=False)
        erased = erasures.every(tx)
    judges = Judges(Gate(book, MemoryFacts(), policy), RegistryStore(workspace.registries_dir), facts, policy)
    scrub = Scrub(judges, at, now=datetime.now(UTC), erased=erased, places=places)
    return scrub, {"rules": book.version, "places": PLACES_VERSION, "tzdata": TZDATA_VERSION}


def _headings(source: Source) -> list[str]:
    """What the file calls each phone column."""
    at = source.layout.fields
    return [source.layout.names[at[name]].strip() if name in at else name for name in PHONES]
