"""No order of imports, edits, list loads and dials yields a call to somebody who must not be called.

Random sequences, each by its seed, go through the real store, the real registries, the gate and the door to the
carrier. Beside them runs a model that knows nothing of any of these: sets of numbers, lists of rows, dates. The dialer
and the officer work through connections of their own, as two processes would; so whatever the dialer remembers of
lists and entries is put to the test too. The other direction is held as well: where the model knows no obstacle, only
hours and caps may refuse.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from world import NOON, World, make_world

from campaigns.workspace import Workspace
from dialer.carriers.port import PlaceRequest
from dialer.engine.commands import Dial
from dialer.runtime import erasure
from dialer.runtime.asking import ask, open_rulebook
from dialer.runtime.dialing import DialRoom
from dialer.runtime.list_load import load_contacts
from dialer.runtime.reassigned import reassigned
from dialer.store import blocks, calls, consents, outcomes, relationships, runs, suppressions
from dialer.store.consents import Statement
from dialer.store.facts import StoreFacts
from dialer.store.reconsider import reconsider
from dialer.store.relationships import Fact
from dnc.gate import TIME_CODES, Gate
from dnc.registries import ReadOptions, RegistryStore
from dnc.values import Block, Code, Consent

AREAS = {"212": "NY", "305": "FL", "615": "TN"}
NUMBERS = [f"+1{area}55501{n:02d}" for area in AREAS for n in range(2)]
LISTS = {"US.ndnc": ("212", "305", "615"), "US-FL.state": ("305",), "US-TN.state": ("615",)}
DAY = timedelta(days=1)


@dataclass
class Model:
    """What is true, kept in the plainest way."""

    now: datetime = NOON
    #: list -> version -> the numbers on it, and the day each area code was fetched
    versions: dict[str, dict[str, tuple[set[str], dict[str, date]]]] = field(default_factory=dict)
    live: dict[str, str] = field(default_factory=dict)
    own: list[tuple[str, str, str, str, datetime | None]] = field(
        default_factory=list
    )  # action, number, scope, id, end
    said: list[tuple[str, str, str, datetime]] = field(default_factory=list)  # number, client, basis, instant
    listed_consent: dict[str, datetime] = field(default_factory=dict)  # what the contact list says: pewc since
    facts: list[tuple[str, str, date]] = field(default_factory=list)  # number, kind, day
    ends: list[tuple[str, date]] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)

    def on_own_list(self, number: str) -> bool:
        """Whether any entry of the house that binds the campaign stands."""
        standing: dict[tuple[str, str, str], list[datetime | None]] = {}
        for action, target, scope, scope_id, end in self.own:
            if scope_id not in ("", "evergreen", "day"):
                continue
            if target == number or (target.endswith("X") and number.startswith(target.rstrip("X"))):
                entries = standing.setdefault((target, scope, scope_id), [])
                entries.append(end) if action == "add" else entries.clear()
        return any(end is None or end > self.now for entries in standing.values() for end in entries)

    def business(self, number: str) -> bool:
        """Whether a relationship lifts the national list today (in New York, at noon)."""
        today = self.now.date()
        over = max((day for one, day in self.ends if one == number), default=date.min)
        for one, kind, day in self.facts:
            months = 18 if kind == "transaction" else 3
            year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
            if one == number and day > over and date(year, month + 1, min(today.day, 28)) <= day <= today:
                return True
        return False

    def agreed(self, number: str) -> str:
        """`pewc`, `revoked` or ""."""
        given = [
            at for one, client, basis, at in self.said if one == number and basis == "pewc" and client == "evergreen"
        ]
        over = [
            at for one, client, basis, at in self.said if one == number and basis == "revoked" and client != "somebody"
        ]
        if over and (not given or max(given) <= max(over)):
            return "revoked"
        return "pewc" if given or number in self.listed_consent else ""

    def obstacles(self, number: str) -> set[str]:
        """Why the number must not be called now, whatever the hour."""
        found = set()
        for name, areas in LISTS.items():
            if number[2:5] not in areas or (name == "US.ndnc" and self.business(number)):
                continue
            if name not in self.live:
                found.add("missing")
                continue
            numbers, fetched = self.versions[name][self.live[name]]
            if number in numbers:
                found.add(name)
            if (self.now.date() - fetched[number[2:5]]).days > 31:
                found.add("stale")
        if self.on_own_list(number):
            found.add("own list")
        agreed = self.agreed(number)
        if agreed == "revoked" or (number[2:5] == "305" and agreed != "pewc"):
            found.add("consent")
        if number in self.closed:
            found.add("inconvenient")
        return found


class Floor:
    """The real thing, changed by an officer and dialed by a dialer."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.model, self.draw = world, Model(), random.Random(seed)
        self.book = open_rulebook(world.workspace)
        self.officer, self.dialer = world.store(), world.store()
        self.registries, self.dialers = (RegistryStore(world.workspace.registries_dir) for _ in range(2))
        self.history: list[str] = []
        self.placed = self.files = 0
        self.hero = ""
        self.block_ids: dict[str, int] = {}
        answers = reassigned(self.dialers)
        self.room = DialRoom(
            world.campaign, lambda tx: Gate(self.book, StoreFacts(tx, self.dialers, rnd=answers)), "run-1", "hand"
        )
        with self.officer.writing() as tx:
            runs.start_run(tx, "run-1", campaign="day", node="here", clock="virtual", at=NOON)

    def step(self) -> None:
        """Do one thing, chosen by chance; dial often."""
        todo = [
            self.import_list, self.import_changes, self.roll_back, self.add, self.add, self.remove, self.agree,
            self.revoke, self.trade, self.end_trade, self.close, self.erase, self.load, self.later,
            self.customer, self.guest, self.doubter, *[self.dial] * 12,
        ]  # fmt: skip
        self.draw.choice(todo)()

    def somebody(self) -> str:
        """Any number; in a story always the one that it is about."""
        return self.hero or self.draw.choice(NUMBERS)

    def story(self, hero: str, *steps: Callable[[], None]) -> None:
        """Steps about one number, each followed by a dial."""
        self.hero = hero
        for step in steps:
            step()
            self.dial()
        self.hero = ""

    def customer(self) -> None:
        """Somebody on the national list who is a customer, until something ends that."""
        hero = self.draw.choice(NUMBERS)
        ends = (self.end_trade, self.revoke, self.add, self.later)
        self.story(hero, lambda: self.import_list("US.ndnc", [hero]), self.trade, self.draw.choice(ends), self.remove)

    def guest(self) -> None:
        """Somebody who says twice that they want no calls, once for a while only."""
        self.story(self.draw.choice(NUMBERS), self.add, self.add, self.later)

    def doubter(self) -> None:
        """Somebody who agrees and takes it back, told to us in any order."""
        says = [self.agree, self.revoke, self.agree]
        self.draw.shuffle(says)
        self.story(self.draw.choice(NUMBERS), *says)

    # What the officer does

    def import_list(self, name: str = "", numbers: list[str] | None = None) -> None:
        name = name or self.draw.choice(list(LISTS))
        here = [one for one in NUMBERS if one[2:5] in LISTS[name]]
        chosen = self.draw.sample(here, self.draw.randrange(min(4, len(here)))) if numbers is None else numbers
        self._import(name, set(chosen), [f"+1{area}5550000" for area in LISTS[name]], "full")

    def import_changes(self) -> None:
        if "US.ndnc" not in self.model.live:
            return
        now_on = self.model.versions["US.ndnc"][self.model.live["US.ndnc"]][0]
        chosen = self.draw.sample(NUMBERS, 2)
        self._import("US.ndnc", now_on ^ set(chosen), chosen, "changes")

    def _import(self, name: str, result: set[str], others: list[str], what: str) -> None:
        now, text = self.model.now, ""
        before = self.model.versions.get(name, {}).get(self.model.live.get(name, ""), (set(), {}))
        fetched = dict(before[1]) | {one[2:5]: now.date() for one in [*others, *(result if what == "full" else ())]}
        if what == "full":
            text = "".join(f"{one[2:5]},{one[5:]}\n" for one in sorted({*result, *others}))
        else:
            text = "".join(f"{one[2:5]},{one[5:]},{now:%Y-%m-%d},{'A' if one in result else 'D'}\n" for one in others)
        file = self.world.root / "fresh.txt"
        file.write_text(text)
        kind = "flat_change" if what == "changes" else "flat_full"
        family = "us_ndnc" if name == "US.ndnc" else "us_state"
        report = self.registries.import_file(
            file, f"{family}.{kind}", registry="" if name == "US.ndnc" else name, obtained_at=now,
            allow_drop="a test", options=ReadOptions(now=now),
        )  # fmt: skip
        assert report.accepted, report
        self.model.versions.setdefault(name, {})[report.version] = (set(result), fetched)
        self.model.live[name] = report.version
        self.history.append(f"{what} of {name}: {sorted(result)}")

    def roll_back(self) -> None:
        name = self.draw.choice([each for each in LISTS if len(self.model.versions.get(each, ())) > 1] or [""])
        if not name:
            return
        chosen = self.draw.choice(sorted(self.model.versions[name]))
        self.registries.rollback(name, to=chosen, reason="a test", at=self.model.now)
        self.model.live[name] = chosen
        self.history.append(f"{name} back to {sorted(self.model.versions[name][chosen][0])}")

    def _scope(self) -> tuple[str, str]:
        return self.draw.choice(
            [
                ("company", ""),
                ("client", "evergreen"),
                ("client", "somebody"),
                ("campaign", "day"),
                ("campaign", "other"),
            ]
        )

    def add(self) -> None:
        number, (scope, scope_id), end = self.somebody(), self._scope(), None
        again = [row for row in self.model.own if row[1] == number]
        if again and self.draw.random() < 0.7:  # once more: an entry that ends beside one that does not
            _, number, scope, scope_id, _ = self.draw.choice(again)
        elif self.draw.random() < 0.1:
            number, scope, scope_id = f"+1{number[2:5]}XXXXXXX", "areacode", ""
        if self.draw.random() < 0.5:
            end = self.model.now + self.draw.choice([-1, 1, 3]) * DAY
        words = {"reason": "asked", "source": "call", "by": "officer", "at": self.model.now}
        with self.officer.writing() as tx:
            suppressions.add(tx, number, **words, scope=scope, scope_id=scope_id, expires_at=end)
        self.model.own.append(("add", number, scope, scope_id, end))
        if scope == "company" or (scope, scope_id) == ("client", "evergreen"):
            self.model.ends.append((number, self.model.now.date()))
        self.history.append(f"add {number} {scope} {scope_id} until {end}")

    def remove(self) -> None:
        if not self.model.own:
            return
        _, number, scope, scope_id, _ = self.draw.choice(self.model.own)
        words = {"reason": "asked back", "source": "letter", "by": "officer", "at": self.model.now}
        with self.officer.writing() as tx:
            suppressions.remove(tx, number, **words, scope=scope, scope_id=scope_id)
            reconsider(tx, [number], "a test")
        self.model.own.append(("remove", number, scope, scope_id, None))
        if scope == "company":
            self.model.erased.discard(number)
        self.history.append(f"remove {number} {scope} {scope_id}")

    def agree(self) -> None:
        self._say(Consent("pewc", self._when()), self.draw.choice(["evergreen", "evergreen", "somebody"]))

    def revoke(self) -> None:
        self._say(Consent("revoked", None, self._when()), self.draw.choice(["", "evergreen", "somebody"]))

    def _when(self) -> datetime:
        return self.model.now - self.draw.randrange(0, 40) * DAY - timedelta(hours=self.draw.randrange(1, 9))

    def _say(self, consent: Consent, client: str) -> None:
        number = self.somebody()
        scopes = () if consent.basis == "revoked" or self.draw.random() < 0.7 else ("research",)
        with self.officer.writing() as tx:
            consents.record_new(tx, [Statement(number, client, consent, scopes)], by="officer", at=self.model.now)
        at = consent.revoked_at or consent.given_at
        if not scopes:
            self.model.said.append((number, client, consent.basis, at))
        if consent.basis == "revoked" and client != "somebody":
            self.model.ends.append((number, at.date()))
        self.history.append(f"{consent.basis} {number} for {client or 'all'}, {scopes}, {at}")

    def trade(self) -> None:
        number, kind = self.somebody(), self.draw.choice(["transaction", "inquiry"])
        day = self.model.now.date() - timedelta(days=self.draw.choice([0, 5, 80, 300, 600]))
        client = self.draw.choice(["evergreen", "evergreen", "somebody"])
        with self.officer.writing() as tx:
            relationships.record_new(tx, [Fact(number, client, kind, day)], by="officer", at=self.model.now)
        if client == "evergreen":
            self.model.facts.append((number, kind, day))
        self.history.append(f"{kind} {number} on {day} with {client}")

    def end_trade(self) -> None:
        number, day = self.somebody(), self.model.now.date() - timedelta(days=self.draw.choice([0, 6]))
        with self.officer.writing() as tx:
            relationships.record_new(tx, [Fact(number, "evergreen", "end", day)], by="officer", at=self.model.now)
        self.model.ends.append((number, day))
        self.history.append(f"end {number} on {day}")

    def close(self) -> None:
        number = self.draw.choice(NUMBERS)
        with self.officer.writing() as tx:
            if number in self.model.closed:
                blocks.lift(tx, self.block_ids[number], reason="moved", by="officer", at=self.model.now)
            else:
                block = Block(Code.INCONVENIENT_TIME, "at work")
                self.block_ids[number] = blocks.add(tx, number, block, by="officer", at=self.model.now)
        self.model.closed ^= {number}
        self.history.append(f"close or open {number}")

    def erase(self) -> None:
        number = self.draw.choice([one for one in NUMBERS if one not in self.model.loaded] or NUMBERS)
        with self.officer.writing() as tx:
            planned = erasure.plan(tx, number, book=self.book, at=self.model.now, by="officer", reason="letter")
            erasure.carry_out(tx, planned)
        if planned.changes:
            self.model.own.append(("add", number, "company", "", None))
            self.model.ends.append((number, self.model.now.date()))
            self.model.erased.add(number)
        self.history.append(f"erase {number}: {planned.changes}")

    def load(self) -> None:
        self.files += 1
        chosen = self.draw.sample(NUMBERS, self.draw.randrange(1, 4))
        agreed = {one for one in chosen if self.draw.random() < 0.6}
        since = NOON - 100 * DAY
        rows = [f"{one},{AREAS[one[2:5]]},{'pewc,' + since.isoformat() if one in agreed else ','}" for one in chosen]
        file = self.world.root / f"list{self.files}.csv"
        file.write_text("\n".join(["phone,state,consent_basis,consent_at", *rows]) + f"\n{self.files}\n")
        load_contacts(self.world.workspace, self.world.campaign, file)
        for one in set(chosen) - self.model.loaded - self.model.erased:
            self.model.loaded.add(one)
            if one in agreed:
                self.model.listed_consent[one] = since
        with self.officer.reading() as tx:
            there = {one for one in NUMBERS if outcomes.phone_in_campaign(tx, "day", one) is not None}
        assert there == self.model.loaded, self.history
        self.history.append(f"load {chosen}, agreed {sorted(agreed)}")

    def later(self) -> None:
        self.model.now += self.draw.choice([1, 1, 2, 3, 16]) * DAY
        self.history.append(f"it is {self.model.now}")

    # What the dialer does

    def dial(self) -> None:
        number, now = self.somebody(), self.model.now
        self.placed += 1
        call_id = f"call-{self.placed}"
        with self.dialer.writing() as tx:
            phone = outcomes.phone_in_campaign(tx, "day", number)
            if phone is not None:
                lead = calls.call_facts(tx, phone).lead_id
                answer = self.room.decide(tx, Dial(now.timestamp(), call_id, lead, phone, number))
                placed = isinstance(answer, PlaceRequest)
                codes = () if placed else answer.codes
                if placed:
                    calls.update_attempt(tx, call_id, state="ended", result="no_answer", ended_at=now)
        if phone is None:
            verdict = ask(self.world.workspace, self.world.campaign, number, now).verdict
            placed, codes = verdict.allowed, () if verdict.allowed else tuple(map(str, verdict.reasons))
        self._judge(number, placed, codes, "dial" if phone is not None else "ask")

    def _judge(self, number: str, placed: bool, codes: tuple[str, ...], how: str) -> None:
        obstacles = self.model.obstacles(number)
        self.history.append(f"{how} {number}: {'placed' if placed else codes}; model {sorted(obstacles) or 'free'}")
        last = "\n".join(self.history)
        assert not (placed and obstacles), f"a call that must not be: {obstacles}\n{last}"
        if not placed and not obstacles:
            assert all(Code(code) in TIME_CODES for code in codes), f"refused without need: {codes}\n{last}"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A floor without people and without lists."""
    root = tmp_path_factory.mktemp("order") / "w"
    world = make_world(root, people=0, areas=AREAS, load=False, lifetime=60)
    shutil.rmtree(root / "registries")
    load = root / "first.csv"
    load.write_text("phone\n+12125550198\n")
    load_contacts(world.workspace, world.campaign, load)
    return world


@pytest.mark.parametrize("seed", [1, 4, 5, 6, 8])
def test_no_order_of_events_yields_a_call_that_must_not_be(empty: World, tmp_path: Path, seed: int):
    shutil.copytree(empty.root, tmp_path / "w")
    workspace = Workspace.load(tmp_path / "w")
    floor = Floor(World(tmp_path / "w", workspace, workspace.campaign("day")), seed)
    with floor.officer, floor.dialer:
        for name in LISTS:
            floor.import_list(name)
        floor.load()
        for _ in range(60):
            floor.step()
    said = [line for line in floor.history if line.startswith(("dial", "ask"))]
    assert any(": placed" in line for line in said) and any(": placed" not in line for line in said)
