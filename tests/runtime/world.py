"""A small world: a working folder, registries, a contact list of fictitious numbers, and virtual days on it.

Numbers are NPA-555-01XX. The kit knows of every one why it may never be called (`World.never`), so that the audit
needs nobody else's word for it. The virtual day is a Tuesday without holidays; the registries were obtained on
the day before.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from campaigns.files import Campaign
from campaigns.workspace import Workspace, init_workspace
from dialer.carriers.simulated import CallRecord, CarrierRecord, SimulatedCarrier
from dialer.clock import VirtualClock
from dialer.engine import commands as cmd
from dialer.runtime.asking import open_rulebook
from dialer.runtime.list_load import load_contacts
from dialer.runtime.session import Session
from dialer.runtime.session import World as RunWorld
from dialer.simulation.agents import SimulatedFloor
from dialer.simulation.build import make_carrier, make_floor
from dialer.simulation.settings import SimulationSettings
from dialer.store import lists as stored_lists
from dialer.store import suppressions
from dialer.store.database import Store, open_store
from dialer.store.lists import NewLead, NewPhone
from dnc.registries import RegistryStore
from dnc.values import Place

#: 12:00 in New York (EST) of a Tuesday.
NOON = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
OBTAINED = NOON - timedelta(hours=30)
CONSENTED = "2026-05-04T10:00:00+00:00"

#: Area codes of the list with their states.
AREAS = {
    "212": "NY",
    "305": "FL",
    "850": "FL",
    "615": "TN",
    "312": "IL",
    "602": "AZ",
    "206": "WA",
    "401": "RI",
    "918": "OK",
    "605": "SD",
    "214": "TX",
    "801": "UT",
    "702": "NV",
    "928": "AZ",
    "215": "PA",
    "907": "AK",
}
#: Area codes that may never be called, and why.
CLOSED_AREAS = {
    "303": "Colorado's list was never imported",
    "207": "Maine wants an answer of the Reassigned Numbers Database",
    "876": "there are no rules for Jamaica",
    "520": "the area code is on the internal list",
}
STATE_LISTS = ("FL", "OK", "PA", "TN", "TX")
#: States that want written consent for predictive sales calls.
WRITTEN_CONSENT = ("FL", "OK")

CAMPAIGN = """
name = "{name}"
client = "{client}"
scope = "{scope}"
country = "{country}"

[seller]
name = "Evergreen"
phone = "+12125550100"
message = "This was Evergreen, 212-555-0100, for telemarketing purposes. Press 9 to stop further calls."

[dialing]
mode = "{mode}"
caller_ids = {caller_ids}
lines = 60
calls_per_second = {calls_per_second}
{dialing}

[hours]
timezone = "{zone}"
mon_fri = ["00:00-24:00"]
sat = ["00:00-24:00"]
sun = ["00:00-24:00"]

[caps]
per_hours = [{{ count = 3, hours = 24 }}]
lifetime = {lifetime}
per_phone_per_day = 2

[recycle.busy]
delay_minutes = {retry}
max_attempts = {lifetime}
[recycle.no_answer]
delay_minutes = {retry}
max_attempts = {lifetime}
[recycle.machine]
delay_minutes = {retry}
max_attempts = {lifetime}
[recycle.congestion]
delay_minutes = {retry}
max_attempts = {lifetime}
[recycle.failed]
delay_minutes = {retry}
max_attempts = {lifetime}
[recycle.cancelled]
delay_minutes = {retry}
max_attempts = {lifetime}
[recycle.human]
delay_minutes = 1440
max_attempts = {lifetime}
[recycle.abandoned]
delay_minutes = 4320
max_attempts = {lifetime}
[recycle.hung_up_first]
delay_minutes = 1440
max_attempts = {lifetime}

[dispositions.SALE]
label = "Sale"
flags = ["contact", "right_party", "conversion", "final"]
[dispositions.NO]
label = "Not interested"
flags = ["contact", "right_party", "refusal"]
[dispositions.LATER]
label = "Call back"
flags = ["contact", "callback"]
[dispositions.HEARD]
label = "Somebody else answered"
flags = ["contact"]
[dispositions.WRONG]
label = "Wrong number"
flags = ["contact", "wrong_number"]
[dispositions.DNC]
label = "Do not call again"
flags = ["contact", "opt_out"]
[dispositions.MACHINE]
label = "Machine"
flags = ["machine"]
"""

#: Simulated people and agents who give every kind of outcome its turn.
LIVELY: dict[str, Any] = {
    "agents": 8,
    "answer_rate": 0.3,
    "machine_share": 0.3,
    "unreachable_share": 0.12,
    "talk_mean": 90.0,
    "wrap_up_mean": 15.0,
    "leaves_talk": 0.05,
    "opts_out_of_message": 0.3,
    "break_share": 0.5,
    "break_start": "19:00:00",
    "break_minutes": 20,
    "outcomes": {
        "refusal": 0.5,
        "callback": 0.15,
        "contact": 0.1,
        "wrong_number": 0.05,
        "opt_out": 0.1,
        "conversion": 0.1,
    },
}


@dataclass
class World:
    """A working folder and what is true in it."""

    root: Path
    workspace: Workspace
    campaign: Campaign
    #: number -> why it may never be called by this campaign
    never: dict[str, str] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "dialer.db"

    def store(self) -> Store:
        """Open the database; not through power cuts, which nobody tests here."""
        return open_store(self.database, durable=False)


@dataclass
class Day:
    """A virtual day: how it was run, and the carrier's own record of it."""

    session: Session
    carrier: SimulatedCarrier
    clock: VirtualClock
    start: float
    floor: SimulatedFloor

    @property
    def calls(self) -> list[CallRecord]:
        """What the carrier saw."""
        return list(self.carrier.record)


def number(area: str, line: int) -> str:
    """A fictitious number of an area code."""
    return f"+1{area}55501{line:02d}"


def campaign_text(name: str = "day", **changes: object) -> str:
    """A campaign file."""
    wanted: dict[str, object] = {
        "name": name,
        "client": "evergreen",
        "scope": "telemarketing",
        "mode": "predictive",
        "country": "US",
        "zone": "America/New_York",
        "lifetime": 4,
        "retry": 20,
        "calls_per_second": 5.0,
        "dialing": "",
    }
    client = str(changes.get("client", wanted["client"]))
    first = 1 if client == "evergreen" else 31 + 2 * (sum(client.encode()) % 30)  # no two clients show one number
    wanted["caller_ids"] = f'["+121255501{first:02d}", "+121255501{first + 1:02d}"]'
    return CAMPAIGN.format_map({**wanted, **changes})


def write_registries(
    folder: Path,
    listed: Mapping[str, list[str]],
    covered: list[str],
    obtained: datetime = OBTAINED,
) -> None:
    """Import the national list and state lists; each covers the given area codes, listed numbers or none.

    Args:
        folder: the working folder's registries.
        listed: registry -> E.164 numbers on it.
        covered: area codes that every list covers: a number nobody has (555-0000) stands in for the rest.
        obtained: when the lists were fetched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    store = RegistryStore(folder)
    for registry, numbers in listed.items():
        lines = sorted({each[2:] for each in numbers} | {f"{area}5550000" for area in covered})
        file = folder.parent / f"{registry}.txt"
        file.write_text("".join(f"{line[:3]},{line[3:]}\n" for line in lines))
        national = registry == "US.ndnc"
        report = store.import_file(
            file,
            "us_ndnc.flat_full" if national else "us_state.flat_full",
            registry="" if national else registry,
            obtained_at=obtained,
        )
        assert report.accepted, report


def make_world(
    root: Path,
    *,
    people: int = 400,
    areas: Mapping[str, str] = AREAS,
    obtained: datetime = OBTAINED,
    load: bool = True,
    extra: str = "",
    **campaign: object,
) -> World:
    """A working folder with everything in it that one campaign needs.

    Args:
        root: the folder.
        people: how many; every sixth has a second phone in the same area code.
        areas: area codes with their states; the closed ones come on top when there is more than one.
        obtained: when the registries were fetched.
        load: whether the list is loaded already.
        extra: further text of the campaign file.
        campaign: what differs from the standard campaign.
    """
    init_workspace(root)
    for sample in (root / "campaigns").glob("*.toml"):
        sample.unlink()
    text = campaign_text(**campaign) + extra  # type: ignore[arg-type]
    name = str(campaign.get("name", "day"))
    (root / "campaigns" / f"{name}.toml").write_text(text)
    workspace = Workspace.load(root)
    made = World(root, workspace, workspace.campaign(name))
    listed: dict[str, list[str]] = {"US.ndnc": [], **{f"US-{state}.state": [] for state in STATE_LISTS}}
    sells = made.campaign.scope == "telemarketing"
    _write_contacts(made, people, areas, listed, sells)
    write_registries(root / "registries", listed, [*areas, *CLOSED_AREAS], obtained)
    if load:
        load_contacts(workspace, made.campaign, root / "contacts.csv")
        _suppress(made)
    return made


def _write_contacts(
    made: World, people: int, areas: Mapping[str, str], listed: dict[str, list[str]], sells: bool
) -> None:
    """Write the list, and note in `never` what the law says of each number."""
    each_area = [*areas.items(), *((area, "") for area in CLOSED_AREAS if len(areas) > 1)]
    taken = dict.fromkeys(areas, 0) | dict.fromkeys(CLOSED_AREAS, 0)

    def take(area: str, state: str, pewc: bool) -> str:
        made.numbers.append(number(area, taken[area]))
        taken[area] += 1
        one, count = made.numbers[-1], len(made.numbers)
        if area in ("520", "876"):
            made.never[one] = CLOSED_AREAS[area]
        if not sells:
            return one
        if area in CLOSED_AREAS:
            made.never[one] = CLOSED_AREAS[area]
        if count % 9 == 0:
            listed["US.ndnc"].append(one)
            made.never[one] = "national list"
        if state in STATE_LISTS and count % 7 == 0:
            listed[f"US-{state}.state"].append(one)
            made.never[one] = f"list of {state}"
        if state in WRITTEN_CONSENT and not pewc:
            made.never[one] = f"no written consent in {state}"
        return one

    with (made.root / "contacts.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["external_id", "phone", "phone2", "account_id", "debt_id", "consent_basis", "consent_at"])
        for person in range(people):
            area, state = each_area[person % len(each_area)]
            pewc = person % 3 != 0
            phones = [take(area, state, pewc)]
            if person % 6 == 0 and taken[area] < 99:
                phones.append(take(area, state, pewc))
            basis = ["pewc", CONSENTED] if pewc else ["", ""]
            out.writerow([f"p{person}", phones[0], phones[1] if phones[1:] else "", f"a{person}", f"d{person}", *basis])


def _suppress(made: World) -> None:
    """Put some numbers on the internal lists, and three leads of nobody knows where into the campaign."""
    store = made.store()
    at = OBTAINED
    words = {"reason": "asked not to be called", "source": "letter", "by": "officer", "at": at}
    with store.writing() as tx:
        for index, one in enumerate(made.numbers[5::23]):
            where: dict[str, Any] = (
                {"scope": "company"},
                {"scope": "client", "scope_id": made.campaign.client},
                {"scope": "campaign", "scope_id": made.campaign.name},
            )[index % 3]
            suppressions.add(tx, one, **words, **where)
            made.never[one] = f"internal list of the {where['scope']}"
        for one, where in ((made.numbers[0], "client"), (made.numbers[1], "campaign")):
            suppressions.add(tx, one, **words, scope=where, scope_id="somebody-else")  # binds others only
        suppressions.add(tx, "+1520XXXXXXX", **words, scope="areacode")
    nowhere = [number("480", line) for line in range(3)]
    stored_lists.insert_list(
        store,
        made.campaign.name,
        [NewLead(line=line + 1, phones=[NewPhone(one, Place((), ()))]) for line, one in enumerate(nowhere)],
        file_name="nowhere.csv",
        sha256="0" * 64,
        at=at,
    )
    made.numbers += nowhere
    made.never |= dict.fromkeys(nowhere, "nobody knows its zone")
    store.close()


class Desk:
    """Hands the engine's words to simulated agents who come later."""

    floor: SimulatedFloor | None = None

    def notify(self, changed: cmd.AgentChanged) -> None:
        """Pass a change on."""
        if self.floor is not None:
            self.floor.notify(changed)


def settings_of(**changes: Any) -> SimulationSettings:
    """The lively world's settings, with changes."""
    return SimulationSettings.model_validate({**LIVELY, **changes})


def run_day(
    world: World,
    *,
    start: datetime = NOON,
    hours: float = 1.0,
    settings: SimulationSettings | None = None,
    store: Store | None = None,
    wall: Callable[[], float] | None = None,
    drain: bool = True,
    beat: float = 1.0,
    watch: Callable[[Day], None] | None = None,
) -> Day:
    """Run the world's campaign in virtual time and end it properly.

    Args:
        world: whose campaign.
        start: the day's first instant.
        hours: how long agents work and calls are placed.
        settings: of people, carrier and agents.
        store: another one than the world's.
        wall: the clock that leases are judged by; the virtual one by default.
        drain: False stops in the middle of everything: the crash of a process.
        beat: s between two decisions of the pacer; people are joined to agents at once, whatever it is.
        watch: called with the day after every virtual minute.
    """
    settings = settings or settings_of()
    begin = start.timestamp()
    end = begin + hours * 3600.0
    clock = VirtualClock(begin)
    opened = store or world.store()
    record = CarrierRecord()
    carrier = make_carrier(settings, clock, begin, record=record)
    session = Session(
        world.campaign,
        RunWorld(
            store=opened,
            book=open_rulebook(world.workspace),
            registries=RegistryStore(world.workspace.registries_dir),
            carrier=carrier,
            clock=clock,
            clock_kind="virtual",
            node="here",
            wall=wall or clock.now,
        ),
        seed=settings.seed,
    )
    assert session.take() is None
    desk = Desk()
    driver = session.start(desk, flush_after=5.0, beat=beat)
    floor = desk.floor = make_floor(
        settings,
        clock,
        carrier,
        driver.send,
        start=begin,
        end=end,
        dispositions={code: frozenset(each.flags) for code, each in world.campaign.dispositions.items()},
    )
    floor.start()
    day = Day(session, carrier, clock, begin, floor)
    assert session.engine is not None
    engine = session.engine
    for moment in _minutes(begin, end):
        clock.run(moment, stop=lambda: engine.complete)
        session.keep_lease()
        if watch is not None:
            watch(day)
        if engine.complete:
            break
    if drain:
        session.drain("the day is over")
        clock.run(clock.now() + 7200.0, stop=lambda: engine.complete)
        session.finish("the day is over")
    if store is None:
        opened.close()
    return day


def _minutes(begin: float, end: float) -> Iterator[float]:
    """Each minute's end."""
    moment = begin
    while moment < end:
        moment = min(moment + 60.0, end)
        yield moment
