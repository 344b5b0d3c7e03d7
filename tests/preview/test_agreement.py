"""The preview and the gate never differ: number by number, whatever stands in lists, ledgers, histories and blocks."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from world import NOON, World
from worlds import busy_world

from dialer.runtime.asking import open_rulebook
from dialer.runtime.columns import CampaignFacts, numbers_of
from dialer.runtime.policy import policy_of
from dialer.runtime.preview import preview_of, verdicts
from dialer.runtime.reassigned import reassigned
from dialer.runtime.screening import Judges, Screening
from dialer.store import calls, ledger, outcomes
from dialer.store.facts import StoreFacts
from dnc.gate import TIME_CODES, Gate, MemoryFacts
from dnc.registries import RegistryStore
from dnc.values import Code

INSTANTS = {
    "noon": NOON,
    "early": NOON - timedelta(hours=4, minutes=30),
    "evening": NOON + timedelta(hours=8, minutes=40),
    "sunday": NOON + timedelta(days=5),
    "stale lists": NOON + timedelta(days=31),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return busy_world(tmp_path_factory.mktemp("busy") / "w")


def gate_says(world: World, at: datetime) -> Iterator[tuple[str, frozenset[str], datetime | None]]:
    """What `gate.check` says of every number, one by one, as a dial would ask it."""
    registries = RegistryStore(world.workspace.registries_dir)
    policy = policy_of(world.campaign.caps)
    with world.store() as store, store.reading() as tx:
        gate = Gate(open_rulebook(world.workspace), StoreFacts(tx, registries, rnd=reassigned(registries)), policy)
        for number in world.numbers:
            phone = outcomes.phone_in_campaign(tx, world.campaign.name, number)
            assert phone is not None
            call = calls.call_facts(tx, phone).proposed(world.campaign.dialing.mode, subject=world.campaign.subject)
            verdict = gate.check(call, at)
            codes = frozenset() if verdict.allowed else frozenset(map(str, verdict.reasons))
            yield number, codes, verdict.next_allowed


@pytest.mark.parametrize("at", INSTANTS.values(), ids=INSTANTS)
def test_every_number_has_the_gates_own_codes(world: World, at: datetime):
    ours = verdicts(world.workspace, world.campaign, at)
    theirs = {number: codes for number, codes, _ in gate_says(world, at)}
    assert len(theirs) >= 1000 and ours.keys() == theirs.keys()
    assert {number: codes for number, codes in ours.items() if codes != theirs[number]} == {}


def test_the_world_holds_every_kind_of_refusal(world: World):
    seen = {
        code
        for at in INSTANTS.values()
        for codes in verdicts(world.workspace, world.campaign, at).values()
        for code in codes
    }
    assert {
        "HOURS_FEDERAL", "HOURS_STATE", "DAY_SUNDAY", "TZ_AMBIGUOUS", "TZ_UNKNOWN", "FREQ_8H", "FREQ_24H",
        "FREQ_CAMPAIGN", "DNC_NATIONAL", "DNC_STATE", "DNC_INTERNAL", "DNC_CAMPAIGN", "DNC_AREACODE", "DNC_STALE",
        "DNC_MISSING", "RND_YES", "RND_NO_DATA", "CONSENT_REQUIRED", "CONSENT_REVOKED", "INCONVENIENT_TIME",
        "EMERGENCY_SUSPENSION", "DATA_UNREADABLE",
    } <= seen  # fmt: skip


def test_debts_have_the_gates_own_codes_too(tmp_path: Path):
    world = busy_world(tmp_path / "w", scope="debt_collection", name="debts")
    ours = verdicts(world.workspace, world.campaign, NOON)
    theirs = {number: codes for number, codes, _ in gate_says(world, NOON)}
    assert ours == theirs
    assert {"FREQ_7D", "FREQ_AFTER_CONVERSATION"} & {code for codes in ours.values() for code in codes}


@pytest.mark.parametrize("at", [NOON, NOON - timedelta(hours=8)], ids=["noon", "night"])
def test_later_hours_are_the_gates_own_hours(world: World, at: datetime):
    registries, book, policy = (
        RegistryStore(world.workspace.registries_dir),
        open_rulebook(world.workspace),
        policy_of(world.campaign.caps),
    )
    with world.store() as store, store.reading() as tx:
        facts = CampaignFacts.read(tx, world.campaign, book, policy, at)
        (frame,) = numbers_of(tx, facts)
        screening = Screening(Judges(Gate(book, MemoryFacts()), registries, facts, policy), dict(frame.items()), at)
        # What time alone does not open stays closed: `next_allowed` is none, seen from now.
        openable = {number for number, codes, _ in gate_says(world, at) if not codes or _by_time(codes)}
        for hours in range(1, 25, 4):
            then = at + timedelta(hours=hours)
            allowed = {number for number, codes, _ in gate_says(world, then) if not codes}
            assert set(frame["number"][screening.open_at(then)]) == allowed & openable


def _by_time(codes: frozenset[str]) -> bool:
    return all(Code(code) in TIME_CODES for code in codes)


def test_the_counts_of_a_preview_add_up(world: World):
    for at in INSTANTS.values():
        made = preview_of(world.workspace, world.campaign, at)
        assert made.numbers == len(world.numbers) == made.in_play + sum(each.numbers for each in made.out)
        assert made.in_play == made.now + made.later + made.beyond + made.blocked
        assert made.later == sum(hour.first for hour in made.hours)
        assert len(made.hours) == 24 and all(hour.at.minute == 0 for hour in made.hours)
        assert all(each.alone <= each.numbers <= made.in_play for each in made.rules)


def test_the_preview_writes_nothing_down(world: World):
    preview_of(world.workspace, world.campaign, NOON)
    with world.store() as store, store.reading() as tx:
        before = ledger.last_seq(tx)
    preview_of(world.workspace, world.campaign, NOON + timedelta(hours=1))
    with world.store() as store, store.reading() as tx:
        assert ledger.last_seq(tx) == before
