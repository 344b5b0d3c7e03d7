"""After a call: never again when a person says so, never more often than the file says."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.dispositions import BLOCKING_FLAGS, FLAGS, Disposition
from campaigns.files import RECYCLED_RESULTS, RESULTS, Campaign
from campaigns.recycle import LONGEST_DELAY, LeadNext, after_call
from dialer.engine.states import LeadState

AT = 1_800_000_000.0


def saying(*flags: str, again: float | None = None) -> Disposition:
    return Disposition(code="X", label="so it is", flags=frozenset(flags), recycle_after_minutes=again)


def with_rules(campaign: Campaign, lifetime: int | None = None, **rules: dict) -> Campaign:
    data = campaign.model_dump()
    data["recycle"] = rules
    data["caps"]["lifetime"] = lifetime
    return Campaign.model_validate(data)


def test_the_states_of_a_lead_are_those_of_the_engine(campaign):
    assert {LeadState(after_call(campaign, result, None, 1, AT).status) for result in RESULTS} <= set(LeadState)


def test_each_result_waits_its_own_delay(campaign):
    busy = with_rules(campaign, busy={"delay_minutes": 7, "max_attempts": 3})
    assert after_call(busy, "busy", None, 1, AT) == LeadNext("waiting", AT + 420, "busy; again in 7 min")
    assert after_call(busy, "no_answer", None, 1, AT) == LeadNext("waiting", AT + 10_800, "no_answer; again in 3 h")


def test_back_off_lengthens_each_delay_and_never_beyond_thirty_days(campaign):
    ours = with_rules(campaign, busy={"delay_minutes": 10, "max_attempts": 100, "backoff": 2.0})
    delays = [after_call(ours, "busy", None, n, AT).next_at - AT for n in range(1, 100)]
    assert delays[:4] == [600, 1200, 2400, 4800]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY


def test_the_last_allowed_attempt_ends_the_lead(campaign):
    ours = with_rules(campaign, busy={"delay_minutes": 10, "max_attempts": 2})
    assert after_call(ours, "busy", None, 1, AT).status == "waiting"
    assert after_call(ours, "busy", None, 2, AT) == LeadNext("done", None, "busy; attempt 2 of at most 2")


@pytest.mark.parametrize("flag", sorted(BLOCKING_FLAGS))
def test_who_opts_out_or_forbids_calls_is_blocked_whatever_else_was_said(campaign, flag):
    also = ("contact", "right_party", "conversion", "callback", "promise", "wrong_number", "refusal")
    for result in RESULTS:
        assert after_call(campaign, result, saying(flag, *also), 1, AT, AT + 60).status == "blocked"


@pytest.mark.parametrize("flags", [("final",), ("contact", "conversion"), ("contact", "refusal")])
def test_what_is_settled_is_done(campaign, flags):
    assert after_call(campaign, "human", saying(*flags), 1, AT) == LeadNext("done", None, "X: so it is")


def test_a_promise_is_followed_up_when_the_file_says_when(campaign):
    promise = ("contact", "right_party", "promise")
    assert after_call(campaign, "human", saying(*promise), 1, AT).status == "done"
    later = after_call(campaign, "human", saying(*promise, again=2880), 1, AT)
    assert later == LeadNext("waiting", AT + 172_800, "X: so it is; again in 2 d")


def test_a_callback_comes_at_its_time_and_never_in_the_past(campaign):
    asked = saying("contact", "callback")
    assert after_call(campaign, "human", asked, 1, AT, AT + 90) == LeadNext("callback", AT + 90, "X: so it is")
    assert after_call(campaign, "human", asked, 1, AT, AT - 90).next_at == AT
    assert after_call(campaign, "human", asked, 1, AT).status == "waiting"  # no time was agreed
    assert after_call(campaign, "human", asked, 99, AT, AT + 90).status == "callback"  # a promise outlives recycling


@pytest.mark.parametrize("result", ["invalid", "fax"])
def test_a_number_that_is_no_good_leaves_the_lead_to_its_next_one(campaign, result):
    after = after_call(campaign, result, None, 1, AT)
    assert (after.status, after.next_at) == ("ready", None)
    assert after.phone_bad


def test_a_wrong_number_is_given_up_and_the_lead_goes_on(campaign):
    after = after_call(campaign, "human", saying("contact", "wrong_number"), 1, AT)
    assert (after.status, after.phone_bad) == ("ready", "wrong number")
    ended = after_call(campaign, "human", saying("wrong_number", "final"), 1, AT)
    assert (ended.status, ended.phone_bad) == ("done", "wrong number")


def test_a_machine_heard_by_an_agent_recycles_as_a_machine(campaign):
    ours = with_rules(campaign, machine={"delay_minutes": 11, "max_attempts": 3})
    assert after_call(ours, "human", saying("machine"), 1, AT).next_at == AT + 660


def test_the_lifetime_cap_ends_everything_a_callback_too(campaign):
    ours = with_rules(campaign, lifetime=3)
    asked = saying("contact", "callback")
    assert after_call(ours, "human", asked, 3, AT, AT + 90) == LeadNext(
        "done", None, "attempt 3 of at most 3 (caps.lifetime)"
    )
    bad = after_call(ours, "invalid", None, 3, AT)
    assert (bad.status, bad.phone_bad) == ("done", "the number is not in service")


def test_an_unknown_result_or_count_is_refused(campaign):
    with pytest.raises(ValueError, match="'bussy' is no call result"):
        after_call(campaign, "bussy", None, 1, AT)
    with pytest.raises(ValueError, match="at least 1"):
        after_call(campaign, "busy", None, 0, AT)


_rule = st.fixed_dictionaries(
    {
        "delay_minutes": st.floats(1, 43_200),
        "max_attempts": st.integers(1, 12),
        "backoff": st.floats(1, 10),
    }
)


@settings(deadline=None)
@given(
    rules=st.dictionaries(st.sampled_from(RECYCLED_RESULTS), _rule),
    lifetime=st.none() | st.integers(12, 20),
    result=st.sampled_from(RESULTS),
    flags=st.none() | st.frozensets(st.sampled_from(FLAGS), max_size=4),
    again=st.none() | st.floats(1, 525_600),
    attempts=st.integers(1, 200),
    callback=st.none() | st.floats(-1e6, 1e7),
)
def test_no_lead_is_tried_beyond_its_maximum_and_every_wait_lies_ahead(
    campaign, rules, lifetime, result, flags, again, attempts, callback
):
    ours = with_rules(campaign, lifetime, **rules)
    said = None
    if flags is not None:  # past the checks on files: every combination must be safe
        said = Disposition.model_construct(code="X", label="x", key=None, flags=flags, recycle_after_minutes=again)
    after = after_call(ours, result, said, attempts, AT, None if callback is None else AT + callback)
    flags = flags or frozenset()
    if after.status == "waiting":
        rule = ours.recycle_rule("machine" if "machine" in flags else result)
        assert attempts < rule.max_attempts
        assert after.next_at is not None and math.isfinite(after.next_at) and after.next_at > AT
    elif after.status == "callback":
        assert "callback" in flags and after.next_at is not None and after.next_at >= AT
    else:
        assert after.next_at is None
    if lifetime is not None and attempts >= lifetime:
        assert after.status in ("done", "blocked")
    assert (after.status == "blocked") == bool(flags & BLOCKING_FLAGS)
    if after.status == "ready":
        assert after.phone_bad
    assert after.why
