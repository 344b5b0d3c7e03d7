"""The HTTP API: whose token it is, what it may, hot leads, do-not-call, dispositions, reports."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from api_floor import ApiFloor, run
from fastapi.routing import APIRoute
from sqlalchemy import text
from typer.testing import CliRunner

from dialer.cli.main import app as cli
from dialer.store import accounts, api_tokens, hopper, lead_views, outgoing, suppressions
from dialer.store.sent_leads import SentLead
from dialer.web.api.app import LARGEST, make_api
from dialer.web.api.leads import received
from dialer.web.api.models import Gate
from dialer.web.api.scopes import Scope

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
KEY = {"Idempotency-Key": "crm-1"}
#: A request for every route, as a program of the right client would send it.
REQUESTS = {
    "send_lead": (Scope.LEADS_WRITE, "POST", "/leads", {"campaign": "day", "phones": ["+12125550199"]}),
    "see_lead": (Scope.LEADS_READ, "GET", "/leads/1", None),
    "list_campaigns": (Scope.CAMPAIGNS_READ, "GET", "/campaigns", None),
    "see_campaign": (Scope.CAMPAIGNS_READ, "GET", "/campaigns/day", None),
    "pause_campaign": (Scope.CAMPAIGNS_WRITE, "POST", "/campaigns/day/pause", {"why": "a test"}),
    "resume_campaign": (Scope.CAMPAIGNS_WRITE, "POST", "/campaigns/day/resume", {"why": "a test"}),
    "list_dispositions": (Scope.DISPOSITIONS_READ, "GET", "/dispositions", None),
    "set_disposition": (Scope.DISPOSITIONS_WRITE, "POST", "/dispositions", {"call_id": "none", "code": "SALE"}),
    "add_number": (Scope.DNC_WRITE, "POST", "/dnc", {"number": "+12125550198", "reason": "asked"}),
    "check_number": (Scope.DNC_READ, "POST", "/dnc/check", {"number": "+12125550198", "campaign": "day"}),
    "list_entries": (Scope.DNC_READ, "GET", "/dnc", None),
    "see_report": (Scope.REPORTS_READ, "GET", "/reports/day", None),
}


def attempts(made: ApiFloor) -> list[str]:
    """The numbers that were called, in order."""
    with made.store.reading() as tx:
        return [row[0] for row in tx.connection.execute(text("SELECT number FROM attempt ORDER BY placed_at, rowid"))]


def acts(made: ApiFloor) -> list[tuple[str, str]]:
    """What programs did, and to what; oldest first."""
    with made.store.reading() as tx:
        found = reversed(accounts.administered(tx))
        return [(each.act, each.target) for each in found if each.by.startswith("token ")]


def test_every_route_wants_a_token_in_force_of_its_scope_and_names_every_refusal(tmp_path):
    async def story(made: ApiFloor) -> None:
        (api,) = [route.app for route in made.app.routes if getattr(route, "path", "") == "/api/v1"]
        known = {route.name for route in _routes(api) if isinstance(route, APIRoute)}
        assert known == set(REQUESTS), "a route without its row here"
        at = datetime.now(UTC)
        dead = made.token(expires_at=at - timedelta(seconds=1))
        gone = made.token()
        with made.store.writing() as tx:
            assert api_tokens.revoke(tx, gone.split("_")[1], at)
        wrong = made.token()[:-1] + "?"
        strangers = [made.bare({"Authorization": f"Bearer {each}"}) for each in (dead, gone, wrong, "x")]
        strangers += [made.bare({}), made.bare({"Authorization": made.token()})]
        for name, (scope, method, path, body) in REQUESTS.items():
            less = made.program("evergreen", *(each for each in Scope if each is not scope))
            answer = await less.request(method, path, json=body, headers=KEY)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), name
            for stranger in strangers:
                answer = await stranger.request(method, path, json=body, headers=KEY)
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), name
            allowed = await made.program("evergreen", scope).request(method, path, json=body, headers=KEY)
            assert allowed.status_code == (404 if name == "set_disposition" else allowed.status_code) < 500, name
            assert allowed.status_code not in (401, 403), name
        assert [name for name, _ in acts(made)] == [
            "send_lead", "pause_campaign", "resume_campaign", "add_dnc", "look_up_number",
        ]  # fmt: skip

    run(tmp_path, story)


def _routes(api):
    for each in api.router.routes:
        inner = getattr(each, "original_router", None)
        yield from inner.routes if inner is not None else [each]


def test_a_token_of_one_client_sees_nothing_of_another(tmp_path):
    async def story(made: ApiFloor) -> None:
        ours, theirs = made.program("evergreen"), made.program("rival")
        with made.store.writing() as tx:
            words = {"reason": "asked", "source": "letter", "by": "olga", "at": datetime.now(UTC)}
            suppressions.add(tx, "+12125550177", scope="client", scope_id="evergreen", **words)
            suppressions.add(tx, "+12125550178", **words)  # the whole company's: nobody's own
        assert [each["name"] for each in (await theirs.get("/campaigns")).json()["campaigns"]] == ["night"]
        assert (await theirs.get("/dnc")).json()["entries"] == []
        assert len((await ours.get("/dnc")).json()["entries"]) == 1
        for method, path, body in (
            ("GET", "/campaigns/day", None),
            ("POST", "/campaigns/day/pause", {"why": "to hurt"}),
            ("POST", "/campaigns/day/resume", {"why": "to hurt"}),
            ("GET", "/leads/1", None),
            ("POST", "/leads", {"campaign": "day", "phones": [made.spare[0]]}),
            ("POST", "/dnc", {"number": made.spare[0], "reason": "x", "campaign": "day"}),
            ("POST", "/dnc/check", {"number": made.spare[0], "campaign": "day"}),
            ("GET", "/reports/day", None),
        ):
            answer = await theirs.request(method, path, json=body, headers=KEY)
            assert answer.status_code == 404, (path, answer.text)
        assert (await ours.get("/leads/1")).status_code == 200
        assert made.floor.board("day").state.value != "paused" and acts(made) == []

    run(tmp_path, story)


def test_a_hot_lead_is_called_before_all_others_and_an_entry_is_heeded_by_the_next_dial(tmp_path):
    async def story(made: ApiFloor) -> None:
        crm = made.program()
        made.agent("agent-00")
        await made.until(lambda: bool(attempts(made)))  # others are in hand by now
        assert made.floor.board("day").leads_in_hand > 0
        assert (await crm.post("/campaigns/day/pause", json={"why": "to look"})).json()["state"] == "paused"
        hot, other = made.spare[:2]
        for key, number in (("k1", hot), ("k2", other)):
            body = {"campaign": "day", "phones": [number], "debt_id": key, "external_id": f"crm-{key}"}
            answer = await crm.post("/leads", json=body, headers={"Idempotency-Key": key})
            assert answer.status_code == 201, answer.text
            found = answer.json()
            assert (found["result"], found["first_in_line"], found["repeated"]) == ("accepted", True, False)
        before = len(attempts(made))
        assert (await crm.post("/dnc", json={"number": other, "reason": "asked by e-mail"})).status_code == 201
        again = await crm.post("/dnc", json={"number": other, "reason": "asked by e-mail"})
        assert (again.status_code, again.json()["new"]) == (200, False)
        made.agent("agent-01")
        await crm.post("/campaigns/day/resume", json={"why": "looked"})
        await made.until(lambda: len(attempts(made)) > before)
        assert attempts(made)[before] == hot and other not in attempts(made)
        lead = (await crm.get(f"/leads/{found['lead_id']}")).json()
        assert (lead["status"], lead["external_id"]) == ("done", "crm-k2")
        assert lead["plan"]["sentence"].startswith("no further call") and lead["calls"] == []
        assert lead["plan"]["gate"] is None and "DNC_INTERNAL" in lead["phones"][0]["bad"]
        checked = (await crm.post("/dnc/check", json={"number": other, "campaign": "day"})).json()
        assert not checked["gate"]["allowed"] and checked["in_list"] and checked["gate"]["citations"]

    run(tmp_path, story)


def test_a_lead_is_taken_as_a_row_of_a_list_is_and_a_key_counts_once(tmp_path):
    async def story(made: ApiFloor) -> None:
        crm = made.program()
        number = made.spare[0]
        body = {"campaign": "day", "phones": [number], "debt_id": "d", "custom": {"product": "panels"}}

        async def send(key: str, **more: object) -> tuple[int, dict]:
            answer = await crm.post("/leads", json=body | more, headers={"Idempotency-Key": key})
            return answer.status_code, answer.json()

        first = await send("k")
        assert first[0] == 201
        status, said = await send("k")
        assert (status, said["repeated"], said["lead_id"]) == (200, True, first[1]["lead_id"])
        status, said = await send("k", first_name="Eve")
        assert (status, said["error"]["code"]) == (409, "conflict")
        status, said = await send("k2")  # the same number, another key
        assert (status, said["result"], said["lead_id"]) == (200, "refused", first[1]["lead_id"])
        assert "duplicate" in said["sentence"]
        status, said = await send("k3", phones=["12"])
        assert (status, said["result"], said["lead_id"]) == (200, "refused", None) and "valid" in said["sentence"]
        with made.store.writing() as tx:
            words = {"reason": "asked", "source": "letter", "by": "olga", "at": datetime.now(UTC)}
            suppressions.add(tx, made.spare[1], **words)
        status, said = await send("k4", phones=[made.spare[1]])
        assert (status, said["result"], said["sentence"]) == (201, "refused", "on the internal do-not-call list")
        assert not said["first_in_line"]
        for wrong in (
            {"custom": {"attorney": "no"}}, {"nonsense": 1}, {"phones": []}, {"phones": number},
            {"consent_at": "2026-11-23T10:00:00"}, {"custom": {"Über": "x"}},
        ):  # fmt: skip
            status, said = await send("k5", **wrong)
            assert (status, said["error"]["code"]) == (422, "invalid") and said["error"]["fields"], wrong
        async with asyncio.timeout(5):
            both = await asyncio.gather(send("k6", phones=[made.spare[2]]), send("k6", phones=[made.spare[2]]))
        assert sorted(status for status, _ in both) == [200, 201]
        with made.store.reading() as tx:
            lead = lead_views.lead(tx, first[1]["lead_id"], "evergreen")
            (funnel,) = tx.connection.execute(text("SELECT funnel FROM contact_list WHERE file_name LIKE 'HTTP API%'"))
            (custom,) = tx.connection.execute(
                text("SELECT custom FROM lead WHERE lead_id = :id"), {"id": first[1]["lead_id"]}
            )
        assert lead is not None and [phone.number for phone in lead.phones] == [number]
        assert json.loads(custom[0]) == {"product": "panels"}
        counted = json.loads(funnel[0])
        assert (counted["read"], counted["valid"], counted["refused"], counted["loaded"]) == (5, 4, 1, 3)
        assert counted["duplicate_leads"] == 1

    run(tmp_path, story)


def test_a_disposition_is_read_behind_a_cursor_corrected_and_followed(tmp_path):
    async def story(made: ApiFloor) -> None:
        crm = made.program()
        with made.store.writing() as tx:
            hook = outgoing.add_webhook(
                tx, "evergreen", "https://crm.example/", outgoing.KINDS, secret="whsec_", secret_env=None,
                allow_private=False, by="olga", at=datetime.now(UTC),
            )  # fmt: skip
        made.agent()
        await made.until(lambda: _talked(made) is not None)
        call_id = _talked(made)
        answer = await crm.post("/dispositions", json={"call_id": call_id, "code": "NO"})
        assert answer.status_code == 409, "the agent is at it"
        made.floor.desks.dispose("agent-00", call_id, "NO")
        made.floor.desks.sign_out("agent-00")
        made.floor.hang_up("agent-00")
        await made.until(lambda: _call(made, call_id).ended_at is not None)
        await made.until(lambda: _status(made, call_id) != "leased")
        page = (await crm.get("/dispositions")).json()
        assert [(each["call_id"], each["code"]) for each in page["dispositions"]] == [(call_id, "NO")]
        assert (await crm.get("/dispositions", params={"after": page["next_after"]})).json()["dispositions"] == []
        assert (await crm.post("/dispositions", json={"call_id": call_id, "code": "NOPE"})).status_code == 422
        with made.store.writing() as tx:  # a run has the lead in hand for its next call
            hopper.hold(tx, "run-elsewhere", _call(made, call_id).lead_id, datetime.now(UTC))
        assert (await crm.post("/dispositions", json={"call_id": call_id, "code": "NO"})).status_code == 409
        said = (await crm.post("/dispositions", json={"call_id": call_id, "code": "DNC", "notes": "by letter"})).json()
        assert (said["code"], said["lead_status"]) == (
            "DNC",
            "leased",
        )  # listed at once: the gate refuses its next dial
        more = (await crm.get("/dispositions", params={"after": page["next_after"], "limit": 1})).json()
        assert [each["code"] for each in more["dispositions"]] == ["DNC"] and not more["more"]
        assert more["dispositions"][0]["agent_id"].startswith("token ")
        number = _call(made, call_id).number
        assert [each["number"] for each in (await crm.get("/dnc")).json()["entries"]] == [number]
        assert ("set_disposition", call_id) in acts(made)
        lead = (await crm.get(f"/leads/{said['lead_id']}")).json()
        assert [(each["call_id"], each["disposition"]) for each in lead["calls"]][:1] == [(call_id, "DNC")]
        with made.store.reading() as tx:
            told = [each for each in outgoing.head(tx, hook, 100) if each.data.get("call_id", call_id) == call_id]
        assert [(each.kind, each.data.get("code") or each.data.get("result")) for each in told] == [
            ("disposition.set", "NO"), ("call.ended", "human"), ("disposition.set", "DNC"), ("opt_out.added", None),
        ]  # fmt: skip
        assert told[0].data["simulated"] and told[3].data["number"] == number

    run(tmp_path, story)


def _talked(made: ApiFloor) -> str | None:
    desk = made.floor.desks.desks.get("agent-00")
    if desk is None:
        return None
    made.floor.desks.alive("agent-00")
    return desk.call_id if desk.state.value == "talking" else None


def _call(made: ApiFloor, call_id: str) -> lead_views.CallView:
    with made.store.reading() as tx:
        found = lead_views.call(tx, call_id, "evergreen")
    assert found is not None
    return found


def _status(made: ApiFloor, call_id: str) -> str:
    with made.store.reading() as tx:
        lead = lead_views.lead(tx, _call(made, call_id).lead_id, "evergreen")
    assert lead is not None
    return lead.status


def test_a_report_has_the_same_figures_as_the_command_and_a_period_has_bounds(tmp_path):
    async def story(made: ApiFloor) -> None:
        crm = made.program()
        made.agent()
        await made.until(lambda: len(attempts(made)) >= 1)
        await made.floor_ends()
        period = {"since": "2026-01-01T00:00:00Z", "until": datetime.now(UTC).isoformat()}
        found = await crm.get("/reports/day", params=period)
        words = ["--dir", str(made.world.root), "report", "day", "--json"]
        said = CliRunner().invoke(cli, [*words, *(f"--{name}={value}" for name, value in period.items())])
        assert said.exit_code == 0, said.output
        assert found.json() == json.loads(said.stdout)
        assert next(kpi["value"] for kpi in found.json()["kpis"] if kpi["key"] == "dials") >= 1
        for wrong in ({"since": "2026-01-01"}, {"since": "2300-01-01T00:00:00Z"}, {"until": "2001-01-01T00:00:00Z"}):
            assert (await crm.get("/reports/day", params=wrong)).status_code == 422, wrong
        assert (await made.program("rival").get("/reports/night")).status_code == 404  # it never ran

    run(tmp_path, story)


def test_uses_and_bodies_are_bounded_and_the_last_use_is_known(tmp_path):
    async def story(made: ApiFloor) -> None:
        crm = made.program()
        large = await crm.post("/dnc/check", content=b" " * (LARGEST + 1), headers={"Content-Type": "application/json"})
        assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")
        bare = await crm.get("/nothing")
        assert (bare.status_code, bare.json()["error"]["code"]) == (404, "not_found")
        assert (await crm.put("/dnc")).status_code == 405
        slow = make_api(made.floor, rate=0.1)  # one request, and the next after ten seconds
        first, second = made.token(), made.token()
        answers = [
            await made.bare({"Authorization": f"Bearer {each}"}, slow).get("/campaigns")
            for each in (first, first, second)
        ]
        assert [each.status_code for each in answers] == [200, 429, 200]  # each token has its own rate
        assert 1 <= int(answers[1].headers["retry-after"]) <= 10
        with made.store.reading() as tx:
            (kept,) = [each for each in api_tokens.every(tx) if each.token_id == first.split("_")[1]]
            rows = [tuple(row) for row in tx.connection.execute(text("SELECT * FROM api_token"))]
        assert kept.last_used_at is not None and first.split("_", 2)[2] not in str(rows)

    run(tmp_path, story, running=False)


def test_the_document_tells_of_every_route_its_token_its_refusals_and_examples(tmp_path):
    async def story(made: ApiFloor) -> None:
        document = make_api(made.floor).openapi()
        assert set(document["components"]["securitySchemes"]) == {"token"}
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                assert operation["security"] == [{"token": []}], path
                assert {"401", "403", "413", "422", "429", "503"} <= set(operation["responses"]), (method, path)
                for status, answer in operation["responses"].items():
                    if status >= "400":
                        schema = answer["content"]["application/json"]["schema"]
                        assert schema == {"$ref": "#/components/schemas/Problem"}, (path, status)
        assert "HTTPValidationError" not in document["components"]["schemas"]
        text_ = json.dumps(document)
        assert "555-0123" in text_ and "12125550123" in text_

    run(tmp_path, story, running=False)


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        ((True, None), ("accepted", "the person is first in line as soon as the campaign dials")),
        ((False, AT), ("waiting", "outside of the hours")),
        ((False, None), ("refused", "outside of the hours")),
        (None, ("refused", "the lead has no number that may be called")),
    ],
)
def test_what_became_of_a_lead_is_one_word_and_one_sentence(gate, expected):
    sent = SentLead("evergreen", "k", "day", "", 1, True, "", AT)
    said = None
    if gate is not None:
        sentence = "" if gate[0] else "outside of the hours"
        said = Gate(allowed=gate[0], codes=[], sentence=sentence, next_allowed=gate[1], citations=[])
    found = received(sent, said, first=False, running=True, repeated=False)
    assert (found.result, found.sentence) == expected


@pytest.mark.parametrize("text_", ["", "dlr_", "dlr_0123456789ab_", "dlr_0123456789ab_" + "é" * 43, "x" * 5000])
def test_what_is_no_token_is_found_nowhere(tmp_path, text_: str):
    from dialer.store import open_store

    with open_store(tmp_path / "d.db") as store, store.reading() as tx:
        assert api_tokens.find(tx, text_) is None
