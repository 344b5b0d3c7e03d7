"""Entries of the house's own lists are in force at once, as wide as their row may mean."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.workspace import Workspace, init_workspace
from dialer.runtime.list_check import check_contacts
from dialer.runtime.own_lists import import_own_list
from dialer.store import suppressions
from dialer.store.database import open_store

HEAD = "phone_e164,scope,seller,requested_at_utc,channel,agent,note\n"
ROW = "+19195550101,seller,{},2026-11-20T15:04:05Z,call,a17,said stop\n"


@pytest.fixture
def workspace(tmp_path):
    init_workspace(tmp_path / "w")
    return Workspace.load(tmp_path / "w")


def scopes(workspace: Workspace, client: str) -> set[tuple[str, str]]:
    with open_store(workspace.database_url) as store, store.reading() as tx:
        found = suppressions.in_force(tx, "+19195550101", client=client, campaign="", at=datetime.now(UTC))
    return {(entry.scope, entry.scope_id) for entry in found}


@pytest.mark.parametrize(
    ("seller", "held"),
    [("evergreen", ("client", "evergreen")), ("EverGreen", ("client", "evergreen")), ("ACME", ("company", ""))],
)
def test_a_sellers_entry_binds_the_client_whom_it_names_and_else_the_company(workspace, tmp_path, seller, held):
    file = tmp_path / "internal.csv"
    file.write_text(HEAD + ROW.format(seller), encoding="utf-8")
    report, added = import_own_list(workspace, file, "internal_dnc")
    assert (report.outcome, added) == ("accept", 1)
    assert scopes(workspace, "evergreen") == {held}
    assert import_own_list(workspace, file, "internal_dnc")[1] == 0  # the same file twice changes nothing


def test_an_entry_that_will_expire_does_not_keep_one_out_that_will_not(workspace, tmp_path):
    now = datetime.now(UTC)
    with open_store(workspace.database_url) as store, store.writing() as tx:
        words = {"reason": "on holiday", "source": "call", "by": "ann", "at": now}
        suppressions.add(tx, "+19195550101", **words, expires_at=now + timedelta(days=1))
    file = tmp_path / "internal.csv"
    file.write_text(HEAD + ROW.format("ACME"), encoding="utf-8")
    assert [import_own_list(workspace, file, "internal_dnc")[1] for _ in range(2)] == [1, 0]
    with open_store(workspace.database_url) as store, store.reading() as tx:
        late = now + timedelta(days=2)
        assert suppressions.in_force(tx, "+19195550101", client="", campaign="", at=late) != []


def test_a_refused_file_adds_nothing(workspace, tmp_path):
    file = tmp_path / "internal.csv"
    file.write_text(HEAD + ROW.format("ACME") + ROW.format("ACME").replace("555", "55"), encoding="utf-8")
    report, added = import_own_list(workspace, file, "internal_dnc")
    assert (report.outcome, added) == ("reject_file", 0)
    assert scopes(workspace, "evergreen") == set()


def test_a_contact_list_is_judged_and_a_missing_one_is_refused(tmp_path):
    file = tmp_path / "leads.csv"
    file.write_text("phone,first_name,consent_type,consent_at\n9195550101,Ann,pewc,\n", encoding="utf-8")
    found = check_contacts(file)
    assert (found.outcome, found.numbers) == ("accept_with_warnings", ("+19195550101",))
    assert check_contacts(tmp_path / "none.csv").outcome == "reject_file"
