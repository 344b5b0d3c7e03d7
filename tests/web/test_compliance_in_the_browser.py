"""The compliance desk and the managers' pages in a real browser: import with its difference and the way back, a removal
by two people in two browsers, and no fault that axe can find, light or dark."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desk_floor import browser, desk_floor, faults, new_page, office_code

from dialer.store import consents
from dialer.store.consents import Statement
from dnc.registries import RegistryStore
from dnc.values import Consent

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
PATIENCE = 60_000
PICTURES = os.environ.get("DIALER_PICTURES", "")
FIRST, SECOND = "2125550101\n2125550102\n2125550103\n", "2125550102\n2125550103\n2125550104\n2125550105\n"


@pytest.fixture(scope="module")
def chromium():
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def floor(chromium, tmp_path_factory):
    with desk_floor(tmp_path_factory.mktemp("floor")) as (made, served):
        made.url = served.url
        yield made


def entered(chromium, floor, account: str, role: str):
    """A browser of its own in which somebody of the office has signed in."""
    page = new_page(chromium)
    code = office_code(floor, account, role)
    page.goto(f"{floor.url}/office/welcome?account={account}")
    for name, value in (("code", code), ("password", PASSWORD), ("again", PASSWORD)):
        page.fill(f"[name={name}]", value)
    page.keyboard.press("Enter")
    page.wait_for_url("**/board", timeout=PATIENCE)
    return page


def looked_over(page, name: str) -> list[str]:
    """What is wrong with how a page looks; a picture of it, light and dark, where somebody asked for them."""
    found = [f"{name}: {each}" for each in faults(page)]
    if PICTURES:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=Path(PICTURES) / f"{name}-{scheme}.png")
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*found, f"{name} must be scrolled sideways"] if wide else found


def sees(page, text: str) -> None:
    page.get_by_text(text).first.wait_for(timeout=PATIENCE)


def bring(page, file: Path, reason: str = "") -> None:
    page.set_input_files("[type=file]", file)
    page.select_option("[name=format_name]", "us_ndnc.flat_full_10")
    page.select_option("[name=mode]", "replace_all")
    page.fill("[name=allow_drop]", reason)
    page.keyboard.press("Enter")
    sees(page, "What the file would change")


def test_a_registry_is_imported_with_its_difference_and_rolled_back(chromium, floor, tmp_path):
    listed = RegistryStore(floor.world.workspace.registries_dir)
    page = entered(chromium, floor, "olga", "compliance")
    page.goto(f"{floor.url}/compliance/registries")
    for name, content in (("first", FIRST), ("second", SECOND)):
        (tmp_path / f"{name}.txt").write_text(content)
        bring(page, tmp_path / f"{name}.txt", "a small sample")
        if name == "second":
            tiles = page.text_content(".tiles")
            assert "+ 2" in tiles and "− 1" in tiles and "= 2" in tiles
            assert listed.current("US.ndnc").manifest.rows == 3  # looked at, not in force
            assert looked_over(page, "registries") == []
        page.click("text=Make it live")
        sees(page, "is live now")
    assert listed.current("US.ndnc").contains(12125550105)
    page.click("tr:has-text('US.ndnc') summary")
    page.fill("[name=reason]", "state file by mistake")
    page.keyboard.press("Enter")
    sees(page, "rollback")
    assert not listed.current("US.ndnc").contains(12125550105) and listed.current("US.ndnc").contains(12125550101)
    assert page.complaints == []
    page.context.close()


def test_two_people_in_two_browsers_take_a_number_off_and_others_cannot(chromium, floor):
    mia, otto = entered(chromium, floor, "mia", "manager"), entered(chromium, floor, "otto", "compliance")
    mia.goto(f"{floor.url}/compliance/own-lists")
    mia.click("summary")
    mia.fill("form[action$=add] [name=number]", "+12125550133")
    mia.fill("form[action$=add] [name=reason]", "said stop calling")
    mia.fill("form[action$=add] [name=source]", "letter")
    mia.keyboard.press("Enter")
    sees(mia, "in force from this moment")
    mia.fill("form[action$=search] [name=number]", "212-555-0133")
    mia.keyboard.press("Enter")
    sees(mia, "Blocked:")
    mia.click("text=Ask for its removal")
    mia.fill("form[action$=ask] [name=reason]", "asked in writing to be called")
    mia.fill("form[action$=ask] [name=source]", "letter of 20 Nov")
    mia.keyboard.press("Enter")
    sees(mia, "stays blocked until another person approves")
    assert mia.locator("button", has_text="Approve").count() == 0
    # Another role's actions: a manager who types the address of a compliance officer's act is refused by the server.
    tried = mia.evaluate(
        "async () => (await fetch('/compliance/own-lists/decide', {method: 'POST', body: new URLSearchParams("
        "{csrf: document.querySelector('[name=csrf]').value, removal_id: 1, answer: 'approve'})})).status"
    )
    assert tried == 403
    otto.goto(f"{floor.url}/compliance/own-lists")
    sees(otto, "asked in writing to be called")
    assert looked_over(otto, "own-lists") == []
    tried = otto.evaluate(
        "async () => (await fetch('/campaigns/lists/upload?campaign=day&name=a', {method: 'POST', body: 'phone',"
        " headers: {'X-CSRF': document.querySelector('[name=csrf]').value}})).status"
    )
    assert tried == 403
    otto.click("button:has-text('Approve')")
    sees(otto, "Approved: the number is off that list")
    for page in (mia, otto):
        page.context.close()


def test_axe_finds_no_fault_on_the_pages_of_law_and_campaigns(chromium, floor, tmp_path):
    olga, max_ = entered(chromium, floor, "olivia", "compliance"), entered(chromium, floor, "max", "manager")
    found = []
    said = Statement(
        floor.world.numbers[0],
        "evergreen",
        Consent("pewc", datetime(2026, 5, 1, 10, tzinfo=UTC), None, "form 17"),
        scopes=("telemarketing",),
        channel="web form",
        source="consents.csv, line 2",
    )
    with floor.world.store() as store, store.writing() as tx:
        consents.record(tx, [said], by="olivia", at=datetime.now(UTC))
    olga.goto(f"{floor.url}/compliance/consents")
    olga.fill("[name=number]", floor.world.numbers[0])
    olga.keyboard.press("Enter")
    sees(olga, "form 17")
    found += looked_over(olga, "consents")
    olga.goto(f"{floor.url}/compliance/rules?place=US-FL")
    found += looked_over(olga, "rules")
    olga.goto(f"{floor.url}/compliance/refusals")
    found += looked_over(olga, "refusals")
    olga.goto(f"{floor.url}/compliance/ledger")
    olga.click("text=Check the ledger")
    sees(olga, "The ledger is whole")
    found += looked_over(olga, "ledger")
    max_.goto(f"{floor.url}/campaigns")
    found += looked_over(max_, "campaigns")
    (tmp_path / "november.csv").write_text("phone,first_name,colour\n2125550191,Ada,blue\n12,Bob,red\n")
    max_.goto(f"{floor.url}/campaigns/lists")
    max_.set_input_files("[type=file]", tmp_path / "november.csv")
    max_.click("text=See how it is read")
    sees(max_, "How its columns are read")
    found += looked_over(max_, "lists")
    max_.click("text=Load it")
    sees(max_, "Loaded: 1 leads.")
    for path, button, text, name in (
        ("launch", "Judge the list", "The next 24 hours", "launch"),
        ("reports", "Make the report", "Figures as CSV", "reports"),
    ):
        max_.goto(f"{floor.url}/campaigns/{path}")
        max_.click(f"button:has-text('{button}')")
        sees(max_, text)
        found += looked_over(max_, name)
    with max_.expect_download() as download:
        max_.click("text=Figures as CSV")
    assert Path(download.value.path()).read_text().startswith("key,label,value,unit,formula")
    max_.goto(f"{floor.url}/campaigns/schedules")
    found += looked_over(max_, "schedules")
    assert found == [] and olga.complaints == [] and max_.complaints == []
