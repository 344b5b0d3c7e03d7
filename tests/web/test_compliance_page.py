"""The compliance desk: the gate's answer on a page, case files, and who asked."""

import asyncio

from office import NUMBER, Office, office


def run(story, tmp_path) -> None:
    async def told() -> None:
        async with office(tmp_path) as made:
            await story(made)

    asyncio.run(told())


def test_a_look_up_says_what_the_gate_says_with_every_check(tmp_path):
    async def story(made: Office) -> None:
        browser = await made.signed_in("olga", "compliance")
        page = (await browser.post("/compliance", data={"number": "212-555-0177", "campaign": "day"})).text
        assert "must not be called now" in page and "DNC_INTERNAL" in page and "none, as far as the facts go" in page
        assert page.index("STOP") < page.index(">pass<")  # what stands against the call comes first
        wrong = (await browser.post("/compliance", data={"number": "12", "campaign": "day"})).text
        assert "cannot be a number to call" in wrong
        shown = await browser.post("/compliance", data={"number": "<script>alert(1)</script>", "campaign": "day"})
        assert "<script>alert" not in shown.text
        asked = [act for act in made.acts() if act[1] == "look_up_number"]
        assert ("olga", "look_up_number", "+12125550177", True) in asked

    run(story, tmp_path)


def test_a_case_file_is_for_those_who_see_every_client(tmp_path):
    async def story(made: Office) -> None:
        olga = await made.signed_in("olga", "compliance")
        file = await olga.post("/compliance/case-file", data={"number": NUMBER})
        assert file.status_code == 200 and "attachment" in file.headers["content-disposition"]
        assert NUMBER in file.text and "asked" in file.text and file.headers["cache-control"] == "no-store"
        nothing = await olga.post("/compliance/case-file", data={"number": "+12125550111"})
        assert nothing.status_code == 404 and "Nothing is on record" in nothing.text
        bound = await made.signed_in("otto", "compliance", "evergreen")
        assert (await bound.post("/compliance/case-file", data={"number": NUMBER})).status_code == 403
        assert [act for act in made.acts() if act[1] == "export_case_file"] == [
            ("olga", "export_case_file", NUMBER, True)
        ]

    run(story, tmp_path)


def test_campaigns_of_other_clients_cannot_be_asked_about(tmp_path):
    async def story(made: Office) -> None:
        other = await made.signed_in("otto", "compliance", "somebody-else")
        assert "day" not in (await other.get("/compliance")).text.split("<select")[1].split("</select")[0]
        assert (await other.post("/compliance", data={"number": NUMBER, "campaign": "day"})).status_code == 404

    run(story, tmp_path)
