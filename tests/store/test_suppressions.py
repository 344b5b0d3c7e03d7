from datetime import timedelta

import pytest

from dialer.store import screening, suppressions

NUMBER = "+12125550100"
WORDS = {"reason": "asked not to be called", "source": "call-1", "by": "ann"}
LIFT = {"reason": "new written consent", "source": "letter", "by": "bob"}


def listed(tx, at, number=NUMBER, client="acme", campaign="spring"):
    entries = suppressions.in_force(tx, number, client=client, campaign=campaign, at=at)
    return [(entry.scope, entry.scope_id) for entry in entries]


def test_an_opt_out_of_one_process_is_seen_by_the_very_next_look_of_another(world, url, elsewhere):
    code = """
import sys
from datetime import UTC, datetime
from dialer.store import open_store, suppressions
at = datetime(2026, 3, 2, 15, tzinfo=UTC)
with open_store(sys.argv[1]) as store:
    for line in sys.stdin:
        with store.reading() as tx:
            print(len(suppressions.in_force(tx, line.strip(), client="acme", campaign="spring", at=at)), flush=True)
"""
    other = elsewhere(code, url)

    def ask():
        other.stdin.write(f"{NUMBER}\n")
        other.stdin.flush()
        return int(other.stdout.readline())

    assert ask() == 0
    with world.store.writing() as tx:
        suppressions.add(tx, NUMBER, **WORDS, at=world.at)
    assert ask() == 1
    with world.store.writing() as tx:
        suppressions.remove(tx, NUMBER, **LIFT, at=world.at)
    assert ask() == 0


def test_every_scope_binds_whom_it_names(world):
    with world.store.writing() as tx:
        suppressions.add(tx, NUMBER, **WORDS, at=world.at, scope="client", scope_id="acme")
        suppressions.add(tx, NUMBER, **WORDS, at=world.at, scope="campaign", scope_id="spring")
        assert listed(tx, world.at) == [("client", "acme"), ("campaign", "spring")]
        assert listed(tx, world.at, campaign="autumn") == [("client", "acme")]
        assert listed(tx, world.at, client="other") == [("campaign", "spring")]
        assert listed(tx, world.at, number="+12125550101") == []
        suppressions.add(tx, NUMBER, **WORDS, at=world.at)
        assert listed(tx, world.at, client="other", campaign="other") == [("company", "")]


def test_the_newest_row_of_a_scope_is_in_force(world):
    with world.store.writing() as tx:
        suppressions.add(tx, NUMBER, **WORDS, at=world.at)
        suppressions.remove(tx, NUMBER, **LIFT, at=world.at)
        assert listed(tx, world.at) == []
        suppressions.add(tx, NUMBER, **WORDS, at=world.at)
        assert listed(tx, world.at) == [("company", "")]
        assert [row.action for row in suppressions.history(tx, NUMBER)] == ["add", "remove", "add"]


def test_lifting_one_scope_leaves_the_others(world):
    with world.store.writing() as tx:
        suppressions.add(tx, NUMBER, **WORDS, at=world.at)
        suppressions.add(tx, NUMBER, **WORDS, at=world.at, scope="client", scope_id="acme")
        suppressions.remove(tx, NUMBER, **LIFT, at=world.at, scope="client", scope_id="acme")
        assert listed(tx, world.at) == [("company", "")]


def test_an_entry_stands_until_the_instant_it_expires(world):
    until = world.at + timedelta(days=30)
    with world.store.writing() as tx:
        suppressions.add(tx, NUMBER, **WORDS, at=world.at, expires_at=until)
        assert listed(tx, until - timedelta(microseconds=1)) == [("company", "")]
        assert listed(tx, until) == []


def test_a_later_entry_that_ends_does_not_shorten_one_that_does_not(world):
    until = world.at + timedelta(days=1)
    with world.store.writing() as tx:
        suppressions.add(tx, NUMBER, **WORDS, at=world.at)
        suppressions.add(tx, NUMBER, **WORDS, at=world.at, expires_at=until)
        suppressions.add(tx, "+1212XXXXXXX", **WORDS, at=world.at, scope="areacode")
        suppressions.add(tx, "+1212XXXXXXX", **WORDS, at=world.at, scope="areacode", expires_at=until)
        assert listed(tx, until) == [("company", ""), ("areacode", "")]
        assert screening.patterns(tx, until) == ["+1212XXXXXXX"]
        suppressions.remove(tx, NUMBER, **LIFT, at=world.at)
        assert listed(tx, world.at) == [("areacode", "")]


def test_an_entry_binds_at_once_whatever_instant_it_carries(world):
    with world.store.writing() as tx:
        suppressions.add(tx, NUMBER, **WORDS, at=world.at + timedelta(days=1))
        assert listed(tx, world.at) == [("company", "")]


@pytest.mark.parametrize(
    ("pattern", "hit", "miss"),
    [
        ("+1212XXXXXXX", "+12125550100", "+12135550100"),
        ("+1212555XXXX", "+12125559999", "+12125560100"),
        ("+44XXXXXXXXXX", "+442079460000", "+4420794600"),
    ],
)
def test_an_area_code_pattern_blocks_every_number_under_it(world, pattern, hit, miss):
    with world.store.writing() as tx:
        suppressions.add(tx, pattern, **WORDS, at=world.at, scope="areacode")
        assert listed(tx, world.at, number=hit) == [("areacode", "")]
        assert listed(tx, world.at, number=miss) == []
        assert [row.number for row in suppressions.history(tx, hit)] == [pattern]
        suppressions.remove(tx, pattern, **LIFT, at=world.at, scope="areacode")
        assert listed(tx, world.at, number=hit) == []


@pytest.mark.parametrize(
    ("number", "scope"),
    [
        ("2125550100", {}),
        ("+1 212 555 0100", {}),
        ("+1212XXXXXXX", {}),
        (NUMBER, {"scope": "areacode"}),
        (NUMBER, {"scope": "client"}),
        (NUMBER, {"scope": "company", "scope_id": "acme"}),
    ],
)
def test_an_entry_that_could_never_match_is_refused(world, number, scope):
    with world.store.writing() as tx, pytest.raises(ValueError):
        suppressions.add(tx, number, **WORDS, at=world.at, **scope)


def test_taking_a_number_off_needs_a_reason(world):
    with world.store.writing() as tx, pytest.raises(ValueError, match="needs a reason"):
        suppressions.remove(tx, NUMBER, reason=" ", source="x", by="bob", at=world.at)


def test_the_list_is_read_in_pages_newest_first(world):
    with world.store.writing() as tx:
        ids = [suppressions.add(tx, f"+1212555{n:04d}", **WORDS, at=world.at) for n in range(5)]
        first = suppressions.page(tx, count=3)
        second = suppressions.page(tx, before=first[-1].entry_id, count=3)
    assert [entry.entry_id for entry in (*first, *second)] == ids[::-1]
