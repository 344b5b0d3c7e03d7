"""The house's own lists in the office: in force at once, off only by two people, and nobody sees another client's."""

import asyncio
from datetime import UTC, datetime

from office import NUMBER, Office, office

from dialer.store import removals, suppressions

URL = "/compliance/own-lists"
OTHER = "+12125550133"
WHY = {"reason": "asked in writing", "source": "letter of 20 Nov"}


def run(story, tmp_path) -> None:
    async def told() -> None:
        async with office(tmp_path) as made:
            await story(made)

    asyncio.run(told())


def blocked(made: Office, number: str = NUMBER, client: str = "", campaign: str = "") -> bool:
    with made.store.reading() as tx:
        return bool(suppressions.in_force(tx, number, client=client, campaign=campaign, at=datetime.now(UTC)))


def pending(made: Office) -> list[removals.Step]:
    with made.store.reading() as tx:
        return removals.pending(tx)


def test_nobody_takes_a_number_off_alone(tmp_path):
    async def story(made: Office) -> None:
        mia, olga, otto = [
            await made.signed_in(who, role)
            for who, role in (("mia", "manager"), ("olga", "compliance"), ("otto", "compliance"))
        ]
        asked = {"number": NUMBER, "where": "company:", **WHY}
        assert (await olga.post(f"{URL}/ask", data=asked)).status_code == 303
        assert "somebody has asked already" in (await otto.post(f"{URL}/ask", data=asked)).text
        (request,) = pending(made)
        decision = {"removal_id": request.removal_id, "answer": "approve", "reason": "seen the letter"}
        own = await olga.post(f"{URL}/decide", data=decision)
        assert own.status_code == 409 and "nobody decides about their own request" in own.text
        assert (await mia.post(f"{URL}/decide", data=decision)).status_code == 403  # a manager has not the right
        assert (await otto.post(f"{URL}/withdraw", data=decision)).status_code == 409  # nor may others withdraw it
        assert blocked(made)
        assert "Approve" in (await otto.get(URL)).text and "Approve" not in (await mia.get(URL)).text
        assert (await otto.post(f"{URL}/decide", data=decision)).status_code == 303
        assert not blocked(made) and not pending(made)
        again = await otto.post(f"{URL}/decide", data={**decision, "answer": "refuse"})
        assert again.status_code == 409 and "answered this request already" in again.text
        with made.store.reading() as tx:
            last = suppressions.history(tx, NUMBER)[-1]
        assert last.action == "remove" and "asked by olga, approved by otto: seen the letter" in last.reason
        acts = [act for act in made.acts() if act[2] in (NUMBER, f"{URL}/decide")]
        assert ("olga", "decide_removal", NUMBER, False) in acts and ("otto", "decide_removal", NUMBER, True) in acts
        assert ("mia", "decide_removal", f"{URL}/decide", False) in acts

    run(story, tmp_path)


def test_a_refused_or_withdrawn_request_leaves_the_number_blocked(tmp_path):
    async def story(made: Office) -> None:
        olga, otto = [await made.signed_in(who, "compliance") for who in ("olga", "otto")]
        for browser, verb, more in ((otto, "decide", {"answer": "refuse"}), (olga, "withdraw", {})):
            await olga.post(f"{URL}/ask", data={"number": NUMBER, "where": "company:", **WHY})
            (request,) = pending(made)
            assert (
                await browser.post(f"{URL}/{verb}", data={"removal_id": request.removal_id, **more})
            ).status_code == 303
            assert blocked(made) and not pending(made)
        not_there = await olga.post(f"{URL}/ask", data={"number": OTHER, "where": "company:", **WHY})
        assert not_there.status_code == 422 and "nothing to remove" in not_there.text

    run(story, tmp_path)


def test_an_entry_is_in_force_at_once_with_reason_source_and_end(tmp_path):
    async def story(made: Office) -> None:
        olga = await made.signed_in("olga", "compliance")
        told = {"number": "212-555-0133", "where": "campaign:day", **WHY, "expires": "2030-01-31"}
        assert (await olga.post(f"{URL}/add", data=told)).status_code == 303
        assert blocked(made, OTHER, campaign="day") and not blocked(made, OTHER, campaign="other")
        found = (await olga.post(f"{URL}/search", data={"number": OTHER})).text
        assert "asked in writing" in found and "2030-02-01 00:00" in found  # the end of that day
        assert ("olga", "see_own_lists", OTHER, True) in made.acts()
        assert OTHER not in (await olga.get(URL)).text  # the newest are shown masked
        for wrong in ({"expires": "2020-01-01"}, {"expires": "soon"}, {"reason": " "}, {"number": "12"}):
            assert (await olga.post(f"{URL}/add", data=told | wrong)).status_code == 422, wrong
        assert (await olga.post(f"{URL}/add", data=told | {"where": "client:nobody"})).status_code == 404
        area = {**told, "number": "646XXXXXXX", "where": "company:", "expires": ""}
        assert (await olga.post(f"{URL}/add", data=area)).status_code == 303
        assert blocked(made, "+16465550100") and "+1646XXXXXXX" in (await olga.get(f"{URL}?list=areacode")).text

    run(story, tmp_path)


def test_who_is_kept_to_one_client_sees_and_asks_about_its_lists_alone(tmp_path):
    async def story(made: Office) -> None:
        with made.store.writing() as tx:
            for client in ("evergreen", "rival"):
                words = {"reason": f"told {client}", "source": "call", "by": "x", "at": datetime.now(UTC)}
                suppressions.add(tx, OTHER, scope="client", scope_id=client, **words)
            theirs = removals.ask(
                tx, OTHER, scope="client", scope_id="rival", **WHY, by="somebody", at=datetime.now(UTC)
            )
        ours = await made.signed_in("ours", "compliance", "evergreen")
        page = (await ours.post(f"{URL}/search", data={"number": OTHER})).text
        assert "told evergreen" in page and "rival" not in page
        answer = {"removal_id": theirs, "answer": "approve"}
        assert (await ours.post(f"{URL}/decide", data=answer)).status_code == 404
        for where in ("company:", "client:rival"):
            told = {"number": OTHER, "where": where, **WHY}
            assert (await ours.post(f"{URL}/ask", data=told)).status_code == 404
            assert (await ours.post(f"{URL}/add", data=told)).status_code == 404
        assert blocked(made, OTHER, client="rival")

    run(story, tmp_path)
