"""The managers' pages, and what the compliance desk reads: one floor, each page after the other."""

import asyncio
import csv
import io
from datetime import UTC, datetime

from office import NUMBER, Office, office
from world import campaign_text

from dialer.reports.reasons import reason_words
from dialer.runtime.asking import ask
from dialer.store import consents, ledger
from dialer.store.consents import Statement
from dnc.values import Consent

#: As suppliers send lists: a good row, a double, a bad one, and a formula where a name should be.
LIST = """phone,first_name,state,colour
2125550141,Ada,NY,blue
2125550141,Ada,NY,blue
12,Bob,NY,red
2125550142,=1+1,NY,red
"""


def run(story, tmp_path) -> None:
    async def told() -> None:
        async with office(tmp_path) as made:
            await story(made)

    asyncio.run(told())


async def settled(browser, url: str) -> str:
    """The page, when nothing on it is unfinished."""
    for _ in range(600):
        page = (await browser.get(url)).text
        if "data-unfinished" not in page:
            return page
        await asyncio.sleep(0.1)
    raise AssertionError("it does not finish")


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_a_list_is_looked_at_loaded_and_judged_and_its_rejects_come_back(tmp_path):
    async def story(made: Office) -> None:
        max_ = await made.signed_in("max", "manager")
        olga = await made.signed_in("olga", "compliance")
        url = "/campaigns/lists?campaign=day"
        sent = {"params": {"campaign": "day", "name": "../november.csv"}, "content": LIST}
        assert (await olga.post("/campaigns/lists/upload", **sent)).status_code == 403
        assert (await max_.post("/campaigns/lists/upload", **sent)).status_code == 202
        page = await settled(max_, url)
        assert "4 rows: 2 to load, 1 double, 1 refused" in page and "212555xxxx" in page and "2125550141" not in page
        assert "kept as a custom field" in page
        form = {"campaign": "day", "upload_id": page.split('name="upload_id" value="')[1].split('"')[0]}
        assert (await max_.post("/campaigns/lists/load", data=form | {"upload_id": "x"})).status_code == 409
        assert (await max_.post("/campaigns/lists/load", data=form)).status_code == 303
        page = await settled(max_, url)
        assert "Loaded: 2 leads." in page and "november.csv" in page
        rejects = await max_.get("/campaigns/lists/rejects?campaign=day&list_id=1")
        assert rejects.status_code == 200 and [row[0] for row in rows_of(rejects.text)[1:]] == ["3", "4"]
        assert (await max_.get("/campaigns/lists/rejects?campaign=day&list_id=2")).status_code == 404
        assert ("max", "load_list", "day", True) in made.acts()

        assert (await max_.post("/campaigns/launch", data={"campaign": "day"})).status_code == 303
        page = await settled(max_, "/campaigns/launch?campaign=day")
        assert "2 numbers in play" in page and "The next 24 hours" in page
        await max_.post("/campaigns/reports", data={"campaign": "day"})
        assert "has never run" in await settled(max_, "/campaigns/reports?campaign=day")
        assert (await max_.get("/campaigns/reports/csv?campaign=day")).status_code == 404
        theirs = await made.signed_in("theirs", "manager", "somebody-else")
        for path in ("lists", "launch", "reports"):
            assert (await theirs.get(f"/campaigns/{path}?campaign=day")).status_code == 404
        assert (await theirs.post("/campaigns/lists/upload", **sent)).status_code == 404
        assert "day" not in (await theirs.get("/campaigns/schedules")).text.split("<tbody")[1].split("</tbody")[0]

    run(story, tmp_path)


def test_a_campaign_file_that_is_wrong_is_told_as_the_command_tells_it(tmp_path):
    async def story(made: Office) -> None:
        (made.world.root / "campaigns" / "night.toml").write_text(campaign_text("night").replace("mon_fri", "mon_fry"))
        max_ = await made.signed_in("max", "manager")
        page = (await max_.get("/campaigns")).text
        assert "WRONG" in page and "mon_fry" in page and "never run" in page
        bound = await made.signed_in("ours", "manager", "evergreen")
        assert "night" not in (await bound.get("/campaigns")).text  # whose it is, nobody can know
        page = (await max_.get("/campaigns/schedules")).text
        assert "night" not in page and "no: somebody begins it" in page

    run(story, tmp_path)


def test_what_the_compliance_desk_reads(tmp_path):
    async def story(made: Office) -> None:
        said = [
            Statement(
                NUMBER,
                client,
                Consent("pewc", datetime(2026, 5, 1, tzinfo=UTC)),
                scopes=("telemarketing",),
                source=f"form of {client}",
            )
            for client in ("evergreen", "rival")
        ]
        with made.store.writing() as tx:
            consents.record(tx, said, by="olga", at=said[0].consent.given_at)
        olga = await made.signed_in("olga", "compliance")
        page = (await olga.post("/compliance/consents", data={"number": NUMBER})).text
        assert "form of evergreen" in page and "form of rival" in page and "no copy kept" in page
        assert ("olga", "see_consents", NUMBER, True) in made.acts()
        bound = await made.signed_in("ours", "compliance", "evergreen")
        page = (await bound.post("/compliance/consents", data={"number": NUMBER})).text
        assert "form of evergreen" in page and "rival" not in page

        page = (await olga.get("/compliance/rules?place=us-fl&words=501.616")).text
        assert "501.616" in page and "No rule is known" not in page
        assert "No rule is known" in (await olga.get("/compliance/rules?place=US-ZZ&words=nothing")).text
        assert "No call was refused." in (await olga.get("/compliance/refusals?campaign=day&day=2026-11-20")).text
        campaign = made.world.workspace.campaign("day")
        answer = ask(made.world.workspace, campaign, NUMBER, datetime(2026, 11, 20, 15, tzinfo=UTC))
        with made.store.writing() as tx:
            ledger.append(tx, answer.call, answer.verdict)
        page = (await olga.get("/compliance/refusals?campaign=day&day=2026-11-20")).text
        assert reason_words(answer.verdict.reasons[0]) in page and "100.0 %" in page
        assert (await olga.get("/compliance/refusals?campaign=day&day=x")).status_code == 422
        assert (await olga.get("/compliance/refusals?campaign=other")).status_code == 404
        assert (await olga.post("/compliance/ledger", data={"head": "ab" * 32})).status_code == 303
        assert "The ledger is BROKEN" in await settled(olga, "/compliance/ledger")  # nobody ever had that head
        assert (await olga.post("/compliance/ledger", data={"head": ""})).status_code == 303
        assert "The ledger is whole" in await settled(olga, "/compliance/ledger")
        assert made.acts()[-1][:2] == ("olga", "check_ledger")

    run(story, tmp_path)
