"""The supervisors' board in a real browser, beside an agent's desk on the same live simulated floor."""

import json
import os
import re
from pathlib import Path

import httpx
import pytest
from desk_floor import browser, desk_floor, faults, new_page
from test_in_the_browser import FITS, AtDesk, enter, rows
from twilio_floor import prompt

from dialer.carriers.emulator import AGENT_PHONE
from dialer.runtime.list_load import load_contacts
from dialer.runtime.live.floor_file import find_floor
from dialer.voice import PROMPTS, PromptLibrary

pytestmark = pytest.mark.slow

OWN_PHONE = "+12025550170"
#: Where screenshots go; nowhere in a test run.
PICTURES = os.environ.get("DIALER_PICTURES", "")


@pytest.fixture(scope="module")
def chromium():
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def floor(chromium, tmp_path_factory):
    with desk_floor(tmp_path_factory.mktemp("floor"), agents=3) as (made, served):
        made.url = served.url
        made.carrier.call(lambda exchange: exchange.directory.put(OWN_PHONE, AGENT_PHONE))
        begin_night(made)
        yield made


def begin_night(floor) -> None:
    """A second campaign on the same floor, with some of the people."""
    root = floor.world.root
    day = (root / "campaigns" / "day.toml").read_text()
    night = re.sub('^name = "day"', 'name = "night"', day, flags=re.MULTILINE).replace("November reminders", "Evening")
    (root / "campaigns" / "night.toml").write_text(night)
    campaign = floor.world.workspace.campaign("night")
    library = PromptLibrary(root / "prompts")
    for name in PROMPTS:
        library.record(campaign, name, prompt(root / "night.wav"))
    (root / "night.csv").write_text("phone\n" + "".join(f"{number}\n" for number in floor.world.numbers[-40:]))
    load_contacts(floor.world.workspace, campaign, root / "night.csv")
    found = find_floor(root)
    headers = {"Authorization": f"Bearer {found.token}"}
    answer = httpx.post(f"{found.url}/control/campaigns/night/start", headers=headers, timeout=60.0)
    assert answer.status_code == 200, answer.text


def picture(page, name: str) -> None:
    """Keep how it looks, light and dark, where somebody asked for it."""
    if PICTURES:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(700)
            page.screenshot(path=Path(PICTURES) / f"{name}-{scheme}.png")


def test_a_supervisor_sees_speaks_moves_listens_and_retargets(chromium, floor):
    agent = AtDesk(floor, new_page(chromium), "agent-00")
    agent.sign_in()
    page, later = new_page(chromium), [0.0]

    def between(browser_side) -> None:
        """The board's line; its clock can be put on, so that nobody has to wait for a pause to grow too long."""
        floor_side = browser_side.connect_to_server()

        def told(text: str) -> None:
            message = json.loads(text)
            browser_side.send(json.dumps({**message, "now": message["now"] + later[0]}))

        floor_side.on_message(told)

    page.route_web_socket("**/board/socket", between)
    enter(floor, page, "maria", "supervisor")
    watch = AtDesk(floor, page, "")
    watch.see("#agents tr", "agent-00")
    page.click(".campaign h1 button >> text=November reminders")

    # The agent goes ready in one browser, and the board in the other shows the call.
    agent.keys("r")
    number = agent.call()
    watch.see("#agents tr", "Talking")
    watch.see(".campaign.chosen", "Dialing")

    def act(what: str, **fields: str) -> None:
        page.click("#agents tr:has-text('agent-00') button")
        for field, value in fields.items():
            page.fill(f"#{field.replace('_', '-')}", value)
        page.click(f"#agent-menu button[value={what}]")

    # A message stands on the desk until the agent has taken note of it, also after a reload.
    act("message", agent_text="Well done, Ann")
    agent.see(".messages", "Maria says: Well done, Ann")
    watch.see("#agents tr", "1 messages unread")
    agent.page.reload()
    agent.see(".messages", "Well done, Ann")
    picture(agent.page, "desk-message")
    agent.page.click(".messages button")
    page.wait_for_function("() => !document.getElementById('agents').textContent.includes('unread')")

    # The supervisor listens by the own phone.
    act("listen", own_phone=OWN_PHONE)
    watch.see("#did.good", "joined to the calls of agent-00")
    act("barge", own_phone="12")  # the field refuses; the dialog stays
    page.click("#agent-menu .cancel")

    # Moved in the middle of a call: the call goes on, and the next one is the other campaign's.
    page.click("#agents tr:has-text('agent-00') button")
    page.select_option("#move-to", "night")
    picture(page, "board-act")
    page.click("#agent-menu button[value=move]")
    watch.see("#did.good", "moves when the call in hand is over")
    watch.see("#agents tr", "moves to Evening")
    assert agent.page.text_content("#number") == number
    agent.see(".status.talking")
    agent.keys("2")
    agent.hang_up_and_save()
    agent.see("#where", "Evening")
    agent.call(number)
    assert rows(
        floor, "SELECT result, code FROM attempt JOIN disposition USING (call_id) WHERE number = ?", number
    ) == [("human", "NO")]
    talking = "SELECT campaign FROM attempt WHERE agent_id = 'agent-00' AND state = 'bridged'"
    assert rows(floor, talking) == [("night",)]

    # Another target, within the law; the running pacer holds it at once.
    page.click(".campaign:has-text('Evening') button >> text=Target…")
    page.fill("#target", "2")
    page.fill("#target-why", "complaints")
    page.click("#targeting button[value=target]")
    watch.see(".campaign:has-text('Evening')", "the cap is 2.0%")
    assert rows(floor, "SELECT campaign, max_rate, file_rate FROM abandonment_target") == [("night", 0.02, 0.03)]

    # A pause that grows too long is marked, in words.
    page.click(".campaign h1 button >> text=Evening")
    agent.keys("p")
    agent.see("#pause-codes button")
    agent.keys("1")
    agent.see("#state", "pause")
    agent.keys("2")
    agent.see('.dispositions [aria-pressed="true"]')
    agent.hang_up_and_save()
    watch.see("#agents tr", "Paused")
    assert "over the limit" not in page.text_content("#agents")
    later[0] = 16 * 60.0
    watch.see("#agents td.bad", "over the limit of 15:00")

    # Every view: no fault for axe, no scrolling, nothing that the content security policy refused.
    found = []
    page.click(".campaign h1 button >> text=November reminders")
    for view, seen in (
        ("agents", "#of"),
        ("law", "#windows tr"),
        ("figures", "#caller-ids tr"),
        ("plots", "#plot-floor .main-svg"),
    ):
        page.click(f"[data-view={view}]")
        watch.see(seen)
        found += [f"{view}: {each}" for each in faults(page)]
        picture(page, f"board-{view}")
    assert not found
    assert page.evaluate(FITS)
    page.click("#plots details >> nth=3")
    watch.see("#plot-floor-table td")
    assert page.complaints == []
    assert agent.page.complaints == []
    for each in (agent.page, page):
        each.context.close()
