"""One person always sees the same caller id, and one that rests is missed only by its own people."""

from collections import Counter

import pytest

from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.runtime.dialing import caller_id_for

IDS = ("+12125550101", "+12125550102", "+12125550103")
PEOPLE = [f"+1{area}55501{line:02d}" for area in (212, 305, 415) for line in range(100)]


def test_each_person_keeps_theirs_and_all_are_used_evenly():
    seen = {each: caller_id_for(each, IDS) for each in PEOPLE}
    assert seen == {each: caller_id_for(each, tuple(reversed(IDS))) for each in PEOPLE}
    assert min(Counter(seen.values()).values()) > 60


def test_while_one_rests_only_its_people_see_another():
    before = {each: caller_id_for(each, IDS) for each in PEOPLE}
    meanwhile = {each: caller_id_for(each, IDS, (IDS[1],)) for each in PEOPLE}
    assert IDS[1] not in meanwhile.values()
    assert {each for each in PEOPLE if before[each] != meanwhile[each]} == {p for p in PEOPLE if before[p] == IDS[1]}


@pytest.mark.parametrize("resting", ['["+12125550199"]', '["+12125550101", "+12125550102"]'])
def test_a_strange_number_cannot_rest_nor_all(tmp_path, resting):
    from world import campaign_text

    (tmp_path / "campaigns").mkdir()
    (tmp_path / "dialer.toml").write_text("")
    text = campaign_text("day", dialing=f"resting_caller_ids = {resting}")
    (tmp_path / "campaigns" / "day.toml").write_text(text)
    with pytest.raises(OperatorError, match="resting_caller_ids"):
        Workspace.load(tmp_path).campaign("day")
