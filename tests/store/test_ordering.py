"""The manager's own order: the database says of every expression what plain Python says, and leads come so."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from campaigns.files.order import Order
from campaigns.order import COLUMNS, And, Compare, ExpressionError, Facts, Missing, Not, Or, column_named, holds, parse
from dialer.store import hopper, lists
from dialer.store.filters import condition
from dialer.store.ordering import Ranking, count_filtered
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone

CELLS = ["", "0", "-0", "12", "12.50", "-3", ".5", "5.", ".", "-", "--1", "1.2.3", "1e3", " 7", "n/a", "é", "٣", "NULL"]
CELLS += ["2026-01-31", "2026-02-01T10:00", "2026-1-31", "20260-131", "1234567890123456", "it's", '"', "%", "CA", "O'x"]
STATES = ["CA", "NY", "", "ca"]
RESULTS = ["busy", "no_answer", "machine"]


@pytest.fixture
def floor(world):
    """Some 60 leads that differ, a third of them called once or twice; with what Python knows of each."""
    known = {}
    leads = []
    for line in range(1, 61):
        custom = {"a": CELLS[line % len(CELLS)], "b c": CELLS[line * 7 % len(CELLS)]} if line % 9 else {}
        consent = None if line % 4 == 0 else datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC) + timedelta(seconds=line % 3)
        more = {"state": STATES[line % 4], "priority": line % 5 - 2, "consent_at": consent, "custom": custom}
        leads.append(world.lead(line, **more))
        known[line] = Facts({**more, "list": "list.csv", "attempts": 0, "last_result": None}, custom)
    world.load(*leads)
    with world.store.reading() as tx:
        of_line = {row[1]: row[0] for row in tx.connection.execute(select(_lead.c.lead_id, _lead.c.line))}
        phones = {row.lead_id: row.phone_id for row in tx.connection.execute(select(_phone))}
    for line in range(3, 61, 3):
        for turn in range(1 + line % 2):
            at = world.at - timedelta(days=line % 7, hours=3 - turn)
            result = RESULTS[(line // 3 + turn) % 3]
            world.dial(phones[of_line[line]], f"c{line}-{turn}", at=at)
            world.end(f"c{line}-{turn}", result, at=at)
            columns = {**known[line].columns, "attempts": turn + 1, "last_result": result}
            known[line] = Facts(columns, known[line].custom, at)
    world.known = {of_line[line]: facts for line, facts in known.items()}
    return world


numbers = st.sampled_from([0.0, 1.0, 2.0, -3.0, 0.5, 12.0, 12.5, 5.0, 1000.0])
dates = st.sampled_from([date(2026, 1, 31), date(2026, 2, 1), date(2025, 12, 31)])
texts = st.sampled_from([each for each in CELLS if each] + ["CA", "ca", "busy", "machine", "list.csv"])
signs = st.sampled_from(["=", "<", "<=", ">", ">="])


def compare(name):
    column = column_named(name)
    number = st.builds(Compare, st.just(column), signs, numbers)
    text = st.builds(Compare, st.just(column), st.just("="), texts)
    day = st.builds(Compare, st.just(column), signs, dates)
    span = st.builds(
        Compare,
        st.just(column),
        st.sampled_from(["<", "<=", ">", ">="]),
        st.sampled_from([0.0, 1.0, 3.125, 4.0, 36_500.0]),
    )
    kinds = {"text": text, "number": number, "date": day, "elapsed": span, "any": number | text | day}
    return kinds[column.kind] | st.just(Missing(column))


NAMES = ["state", "priority", "attempts", "last_result", "days_since_last_attempt", "list", "consent_at", "owner"]
leaves = st.sampled_from([*NAMES, "custom.a", 'custom."b c"', "custom.none"]).flatmap(compare)
expressions = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Not, inner)
        | st.lists(inner, min_size=2, max_size=3).map(lambda terms: And(tuple(terms)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda terms: Or(tuple(terms)))
    ),
    max_leaves=6,
)


def test_the_database_and_python_agree(floor):
    @given(expressions)
    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def agree(expression):
        with floor.store.reading() as tx:
            found = tx.connection.execute(select(_lead.c.lead_id).where(condition(expression, floor.at)))
            there = {row[0] for row in found}
        assert there == {lead_id for lead_id, facts in floor.known.items() if holds(expression, facts, floor.at)}

    agree()


def test_leads_come_in_the_order_asked_for_and_the_filter_keeps_the_others_back(floor):
    order = Order(sort=("-priority", "-custom.a"), filter='attempts = 0 and state in ("CA", "NY")')
    wanted = [lead_id for lead_id, facts in floor.known.items() if holds(order.expression, facts, floor.at)]
    rank, taken = Ranking(order), []
    with floor.store.writing() as tx:
        while got := hopper.lease(tx, "spring", "run-1", 4, floor.at, floor.everywhere(tx), rank):
            taken += got
        assert count_filtered(tx, "spring", order, floor.at) == len(floor.known) - len(wanted)
    assert sorted(each.lead_id for each in taken) == wanted
    assert len(wanted) > 5
    priorities = [each.priority for each in taken]
    assert priorities == sorted(priorities, reverse=True)


def test_numbers_are_sorted_as_numbers_and_what_is_missing_comes_last(world):
    world.load(*(world.lead(i, custom={"debt": cell}) for i, cell in enumerate(["9", "", "100", "-5", "x"], 1)))
    with world.store.writing() as tx:
        rank = Ranking(Order(sort=("-custom.debt",)))
        got = hopper.lease(tx, "spring", "run-1", 9, world.at, world.everywhere(tx), rank)
    assert [each.number[-1] for each in got] == ["3", "1", "4", "5", "2"]


def test_lists_are_mixed_by_share_and_an_empty_one_leaves_its_share_to_the_others(world):
    for name, lines in (("cold.csv", range(1, 9)), ("warm.csv", range(9, 15)), ("other.csv", range(15, 17))):
        leads = [world.lead(line) for line in lines]
        lists.insert_list(world.store, "spring", leads, file_name=name, sha256=name, at=world.at)
    rank, came = Ranking(Order(mix={"warm.csv": 3, "cold.csv": 1})), ""
    with world.store.writing() as tx:
        while got := hopper.lease(tx, "spring", "run-1", 3, world.at, world.everywhere(tx), rank):
            came += "".join("cwo"[(each.lead_id > 8) + (each.lead_id > 14)] for each in got)
    assert came == "wwcwwwcwcccccc" + "oo"


def test_a_lead_read_ahead_that_was_called_since_is_not_taken(world):
    world.load(*(world.lead(i) for i in range(1, 5)))
    rank = Ranking(Order(sort=("-priority",)))
    with world.store.writing() as tx:
        first = hopper.lease(tx, "spring", "run-1", 1, world.at, world.everywhere(tx), rank)[0]
        hopper.set_lead(tx, first.lead_id + 1, "waiting", world.at + timedelta(hours=1), "called elsewhere")
        later = world.at + timedelta(seconds=5)
        rest = hopper.lease(tx, "spring", "run-1", 9, later, world.everywhere(tx), rank)
    assert [each.lead_id - first.lead_id for each in rest] == [2, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stat = 'CA'", "at character 1: no column is called 'stat'; perhaps state; a list's own is custom.NAME"),
        ("state == 'CA'", "at character 7: '==' is not known; write '='"),
        ("state = CA", "at character 9: a value"),
        ("state = 'CA", "at character 9: a text begins here and does not end"),
        ("priority > '3'", "at character 12: priority is compared with a number"),
        ("consent_at > 2026-02-30", "at character 14: 2026-02-30 is no day of the calendar"),
        ("state < 'CA'", "at character 7: texts are compared with = != and in only"),
        ("state = 'CA' city = 'X'", 'at character 14: "and", "or" or the end is expected'),
        ("(state = 'CA'", 'at character 14: ")" is expected, but the expression ends'),
        ("state = ''", 'at character 9: an empty text is tested with "is null"'),
        ("state = 'CA'; drop table lead", "at character 13: ';' is not understood here"),
        ("not " * 99 + "state is null", "more than 50 brackets"),
    ],
)
def test_mistakes_are_told_with_their_place(text, said):
    with pytest.raises(ExpressionError, match="at character") as error:
        parse(text)
    assert said in str(error.value)


def test_words_read_as_they_should():
    state, balance = column_named("state"), column_named("custom.balance")
    assert parse("state IS NULL") == Missing(state)
    assert parse("not state = 'CA' AND custom.balance>=-1.5 or attempts not in (1, 2)") == Or(
        (
            And((Not(Compare(state, "=", "CA")), Compare(balance, ">=", -1.5))),
            Not(Or((Compare(column_named("attempts"), "=", 1.0), Compare(column_named("attempts"), "=", 2.0)))),
        )
    )
    assert set(NAMES) <= set(COLUMNS)
