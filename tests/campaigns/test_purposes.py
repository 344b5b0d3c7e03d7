"""Every purpose in every language and country begins as a file that the real check takes."""

import inspect
import re
import tomllib
from importlib import resources
from typing import get_args

import phonenumbers
import pytest

from campaigns import purposes
from campaigns.caller_ids import refuse_shared, shared_caller_ids
from campaigns.scripts import parse_script, render
from campaigns.workspace import Workspace, WorkspaceError, init_workspace, new_campaign
from dialer.reports import kpis
from dialer.runtime.campaign_view import checked
from dnc.values import Scope

#: FEATURES, part A, with the word of the law each has.
SCOPES = {
    "telemarketing": "telemarketing", "collections": "debt_collection", "reminder": "informational",
    "welcome": "informational", "complaint": "informational", "bill": "informational", "survey": "research",
    "donation": "charity", "appointment": "telemarketing", "promotion": "telemarketing",
}  # fmt: skip
FICTION = {
    "US": r"\+121255501\d\d", "CA": r"\+141655501\d\d", "GB": r"\+4420794600\d\d|\+4420794601\d\d",
    "AU": r"\+61255500\d{3}", "ID": r"\+62210000\d{4}",
}  # fmt: skip
DATA = resources.files("dnc") / "data" / "calling_windows.toml"


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    init_workspace(tmp_path)
    return Workspace.load(tmp_path)


@pytest.mark.parametrize("purpose", purposes.purposes())
def test_every_language_and_country_is_accepted_and_says_what_the_law_wants(workspace, purpose):
    for language in purposes.languages():
        for country in purposes.countries():
            name = f"{purpose}-{language}-{country.lower()}"
            new_campaign(workspace, name, purpose, language, country)
            assert checked(workspace, name).startswith(f"{name}: ok ({SCOPES[purpose]}, ")
            campaign = workspace.campaign(name)
            assert (campaign.language, campaign.country, campaign.scope) == (language, country, SCOPES[purpose])
            shown = (campaign.seller.phone, *campaign.dialing.caller_ids)
            assert all(re.fullmatch(FICTION[country], number) for number in shown)
            national = phonenumbers.format_number(
                phonenumbers.parse(campaign.seller.phone), phonenumbers.PhoneNumberFormat.NATIONAL
            )
            recorded = [campaign.message.text, campaign.message.voicemail] if campaign.message else []
            said = " ".join([campaign.seller.message, *recorded])
            assert re.sub(r"\D", "", national)[-8:] in re.sub(r"\D", "", said)  # dialable there, not just like it
            assert ("telemarketing" in campaign.seller.message) == (campaign.scope == "telemarketing")
            assert not re.search(
                r"SELLER|PHONE|CURRENCY|MATTER", (workspace.campaigns_dir / f"{name}.toml").read_text()
            )
            assert (campaign.message is not None) == (campaign.dialing.mode == "agentless") == (purpose == "reminder")
    assert not shared_caller_ids(workspace)  # also beside the two files of `dialer init`


def test_purposes_are_those_of_the_brief_and_their_figures_exist():
    assert list(purposes.purposes()) == list(SCOPES) and set(SCOPES.values()) < set(get_args(Scope))
    assert purposes.countries() == ("US", "CA", "GB", "AU", "ID")
    known = set(re.findall(r'@(?:value|ratio)_figure\(\s*"(\w+)"', inspect.getsource(kpis)))
    assert len(known) > 40
    for name, what in purposes._table("purposes").items():
        assert set(what["kpis"]) <= known, name


def test_opening_hours_are_nowhere_wider_than_the_shipped_law():
    law = tomllib.loads(DATA.read_text(encoding="utf-8"))["window"]
    compared = 0
    for country, land in purposes._table("countries").items():
        for rule in (each for each in law if each["jurisdiction"] == country):
            for day in ("mon_fri", "sat"):
                opens, closes = land[day].split("-")
                spans = [window.split("-") for window in rule[day]]
                assert any(start <= opens and closes <= end for start, end in spans), (country, rule["id"], day)
                compared += 1
    assert compared >= 16


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("purpose", [each for each in SCOPES if each != "reminder"])
def test_scripts_render_and_every_choice_leads_somewhere(purpose, language):
    made = purposes.draft("x", purpose, language, "GB")
    script = parse_script(made.script)
    lead = {"first_name": "Ana", "last_name": "Budi", "balance": 120.5}
    sections = render(script, lead)
    assert len(sections) >= 8 and "Ana" in sections[0].text and len(sections[0].choices) == 5
    reached = {sections[0].name} | {choice.to for each in sections for choice in each.choices}
    assert reached == {each.name for each in sections}  # no section that nobody comes to
    texts = " ".join(each.text for each in sections)
    for choice in tomllib.loads(made.campaign)["dispositions"].values():
        if "machine" not in choice["flags"] and "wrong_number" not in choice["flags"]:
            assert choice["label"] in texts, choice
    assert not re.search(r"SELLER|PHONE|CURRENCY", texts)


def test_a_name_or_word_that_cannot_be_is_refused_and_nothing_is_written(workspace):
    before = sorted(workspace.root.rglob("*"))
    with pytest.raises(WorkspaceError) as caught:
        new_campaign(workspace, "Bad Name", "surveys", "fr", "ZZ")
    assert len(caught.value.problems) == 4 and "survey" in str(caught.value)
    with pytest.raises(WorkspaceError, match="exists already"):  # its script is there, of another's hand
        (workspace.root / "scripts" / "spring.md").write_text("mine")
        new_campaign(workspace, "spring", "survey")
    (workspace.root / "scripts" / "spring.md").unlink()
    assert sorted(workspace.root.rglob("*")) == before


def test_two_clients_may_not_show_one_number(workspace):
    new_campaign(workspace, "theirs", "telemarketing")
    assert not shared_caller_ids(workspace)  # the same client as the sample beside it
    path = workspace.campaigns_dir / "theirs.toml"
    path.write_text(path.read_text().replace('client = "evergreen"', 'client = "other"'))
    found = shared_caller_ids(workspace)
    assert sorted(found) == ["telemarketing", "theirs"]
    lines = path.read_text().splitlines()
    said = found["telemarketing"][0]
    assert len(found["theirs"]) == 2 and lines[found["theirs"][0].line - 1].startswith("caller_ids")
    assert "'other'" in said.what and f"campaigns/theirs.toml, line {found['theirs'][0].line}" in said.what
    with pytest.raises(WorkspaceError) as caught:
        refuse_shared(workspace, "theirs")
    assert "evergreen" not in str(caught.value) and "telemarketing.toml" not in str(caught.value)
    (workspace.campaigns_dir / "telemarketing.toml").write_text("broken = [")
    refuse_shared(workspace, "theirs")
