"""Who may do what in the office: the table, walked over every route; passwords, sessions, CSRF, the record of acts."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from fastapi.routing import APIRoute, APIWebSocketRoute
from office import NUMBER, ORIGIN, PASSWORD, Office, add_agent, office, opens_socket
from starlette.routing import Mount

from dialer.store import accounts
from dialer.web.accounts import ALLOWED, OFFICE, Act, Role, User, may
from dialer.web.accounts_guard import Needs
from dialer.web.accounts_sessions import IDLE, LASTING
from dialer.web.api.app import PREFIX

#: Routes that need no account, and why each is no door into the office.
OPEN = {
    "/": "leads to the desk",
    "/static/{name}": "stylesheets and scripts",
    "/office": "the sign-in page",
    "/office/welcome": "a one-time code is asked for",
    "/office/session": "a password is asked for",
    "/office/session/end": "ends the session it is given",
    "/desk": "the sign-in page of agents",
    "/desk/campaigns": "an agent's secret is asked for",
    "/desk/sessions": "an agent's secret is asked for",
    "/desk/socket": "an agent's session is asked for",
    "/desk/voice-token": "an agent's session is asked for",
    "/board/socket": "checked by hand, and below",
    "/healthz": "says that the process lives",
    "/readyz": "says that it may take calls",
    "/metrics": "figures without people, for the operator's network",
}

#: What is sent to the board's acts, by the last word of the route.
BODIES = {
    "pause": {"why": "test"},
    "target": {"max_rate": 0.02, "why": "test"},
    "message": {"text": "test"},
    "move": {"campaign": "day"},
    "join": {"phone": "+12025550170", "ear": "listen"},
}
#: Pages whose acts need a file, a request or a report that this walk does not make; their own tests do.
FORMS = re.compile("/compliance/(registries|own-lists)/|/campaigns/|/compliance/ledger")


def run(story, tmp_path: Path, **more) -> None:
    async def told() -> None:
        async with office(tmp_path, **more) as made:
            await story(made)

    asyncio.run(told())


def routes(found):
    """Every route of the application, out of the routers it was put together from."""
    for each in found:
        inner = getattr(each, "original_router", None)
        yield from routes(inner.routes) if inner is not None else [each]


def guarded(app) -> list[tuple[APIRoute, Act | None]]:
    """What each route says it does."""
    found = []
    for route in routes(app.router.routes):
        if isinstance(route, Mount) and route.path == PREFIX:
            continue  # the API: tokens and scopes, walked in tests/web_api
        assert isinstance(route, APIRoute | APIWebSocketRoute), f"{route} is no route of ours"
        if not route.path.startswith("/control"):  # the operator's door: its token is tested with the live floor
            needs = [each.call.act for each in route.dependant.dependencies if isinstance(each.call, Needs)]
            found.append((route, needs[0] if needs else None))
    return found


def test_every_route_names_its_act_or_is_known_to_be_open(tmp_path):
    async def story(made: Office) -> None:
        named = guarded(made.app)
        assert {route.path for route, act in named if act is None} == set(OPEN)
        assert {act for _, act in named if act is not None} == set(Act)  # no act is only on paper

    run(story, tmp_path)


def test_the_server_holds_the_table_for_every_role_and_every_route(tmp_path):
    async def story(made: Office) -> None:
        browsers = {role: await made.signed_in(role.value, role) for role in OFFICE}
        stranger = made.browser()
        secret = add_agent(made.store)
        agent = made.browser()
        wanted = {"agent_id": "agent-00", "secret": secret, "campaign": "day", "leg": "none"}
        assert (await agent.post("/desk/sessions", json=wanted)).status_code == 200
        made.floor.desks.desks["agent-00"].heard_at = float("inf")  # nobody keeps this desk alive
        made.floor.house.controls = SimpleNamespace(join=lambda *_: None)
        walked = 0
        for route, act in guarded(made.app):
            if act is None:
                continue
            (method,) = route.methods
            url = route.path.replace("{name}", "day").replace("{agent_id}", "agent-00")
            sent = {"json": BODIES[url.rpartition("/")[2]]} if url.rpartition("/")[2] in BODIES else {}
            if method == "POST" and url.startswith(("/compliance", "/campaigns")):
                sent = {"data": {"number": NUMBER, "campaign": "day"}}
            assert (await stranger.request(method, url, **sent)).status_code == 401, url
            assert (await agent.request(method, url, **sent)).status_code == 401, url
            for role, browser in browsers.items():
                answer = await browser.request(method, url, **sent)
                expected = act in ALLOWED[role]
                # Whoever is let in may still be told that a form is not filled in, or that there is nothing to do.
                within = answer.status_code < 400 or (bool(FORMS.match(url)) and answer.status_code in (404, 409, 422))
                assert within == expected, f"{role} {method} {url}: {answer.status_code}"
                assert expected or answer.status_code == 403
                walked += 1
        assert walked >= len(OFFICE) * len(Act)
        refused = {(by, act) for by, act, _, done in made.acts() if not done}
        assert ("compliance", "resume_campaign") in refused and ("admin", "resume_campaign") in refused

    run(story, tmp_path, running=True)


def test_the_table_has_every_role_and_agents_have_nothing_of_the_office():
    assert set(ALLOWED) == set(Role)
    assert not any(may(User("a", "A", Role.AGENT), act) for act in Act)
    assert all(ALLOWED[role] for role in OFFICE)


def test_who_is_kept_to_one_client_sees_and_touches_no_other(tmp_path):
    async def story(made: Office) -> None:
        ours = await made.signed_in("ours", "supervisor", "evergreen")
        theirs = await made.signed_in("theirs", "supervisor", "somebody-else")
        assert (await ours.post("/board/campaigns/day/pause", json={"why": "lunch"})).status_code == 200
        answer = await theirs.post("/board/campaigns/day/resume")
        assert answer.status_code == 404  # not "forbidden": that it runs is not theirs to know
        assert ("theirs", "resume_campaign", "day", True) not in made.acts()
        assert ("ours", "pause_campaign", "day", True) in made.acts()
        assert made.floor.board("day").state.value == "paused"

    run(story, tmp_path, running=True)


def test_a_code_is_good_once_and_for_a_day_and_chooses_a_password(tmp_path):
    async def story(made: Office) -> None:
        code = made.add("maria", "manager")
        browser = made.browser()
        form = {"account": "maria", "code": code, "password": PASSWORD, "again": PASSWORD}
        assert (await browser.post("/office/welcome", data={**form, "code": "ABCD-EFGH-JKMN"})).status_code == 401
        assert (await browser.post("/office/welcome", data={**form, "again": "another"})).status_code == 422
        short = {**form, "password": "too short", "again": "too short"}
        assert (await browser.post("/office/welcome", data=short)).status_code == 422
        spoken = {**form, "code": code.lower().replace("-", " ")}
        assert (await browser.post("/office/welcome", data=spoken)).status_code == 303
        assert (await browser.get("/board")).status_code == 200
        assert (await made.browser().post("/office/welcome", data=form)).status_code == 401  # spent
        late = made.add("late", "manager")
        made.clock.later = 24 * 3600.0 + 1
        assert (
            await browser.post("/office/welcome", data={**form, "account": "late", "code": late})
        ).status_code == 401

    run(story, tmp_path)


def test_nobody_signs_in_before_a_password_is_chosen_or_with_a_wrong_one(tmp_path):
    async def story(made: Office) -> None:
        code = made.add("new", "admin")
        browser = made.browser()
        for password in ("", code, "admin", "None"):
            answer = await browser.post("/office/session", data={"account": "new", "password": password or " "})
            assert answer.status_code == 401
        await made.signed_in("maria", "admin")
        assert (await browser.post("/office/session", data={"account": "maria", "password": "no"})).status_code == 401
        right = await browser.post("/office/session", data={"account": "maria", "password": PASSWORD})
        assert right.status_code == 303 and "dialer_office" in browser.cookies
        cookie = right.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie

    run(story, tmp_path)


def test_after_five_wrong_passwords_even_the_right_one_waits_a_minute(tmp_path):
    async def story(made: Office) -> None:
        await made.signed_in("maria", "admin")
        browser = made.browser()
        for _ in range(5):
            answer = await browser.post("/office/session", data={"account": "maria", "password": "wrong"})
            assert answer.status_code == 401
        right = {"account": "maria", "password": PASSWORD}
        assert (await browser.post("/office/session", data=right)).status_code == 429
        made.clock.later = 61.0
        assert (await browser.post("/office/session", data=right)).status_code == 303
        assert made.acts().count(("maria", "sign_in", "maria", False)) == 5

    run(story, tmp_path)


def test_a_session_ends_by_idleness_by_age_by_sign_out_and_with_its_account(tmp_path):
    async def story(made: Office) -> None:
        async def lives(browser) -> bool:
            return (await browser.get("/board")).status_code == 200

        idle, old, closed, reset, out = [await made.signed_in(f"u{n}", "admin") for n in range(5)]
        with made.store.writing() as tx:
            accounts.close(tx, "u2", datetime.now(UTC))
            accounts.set_code(tx, "u3", "hash", datetime.now(UTC))
        assert not await lives(closed) and not await lives(reset)
        assert (await out.post("/office/session/end")).status_code == 303
        assert not await lives(out)
        for _ in range(int(LASTING / IDLE) + 1):
            made.clock.later += IDLE - 120.0
            if made.clock.later < LASTING:
                assert await lives(old)
        assert not await lives(old) and not await lives(idle)

    run(story, tmp_path)


def test_a_change_needs_our_own_origin_and_the_sessions_token(tmp_path):
    async def story(made: Office) -> None:
        browser = await made.signed_in("maria", "supervisor")
        token = browser.headers.pop("X-CSRF")
        pause = "/board/campaigns/day/pause"
        why = {"json": {"why": "test"}}
        assert (await browser.post(pause, **why)).status_code == 403
        assert (await browser.post(pause, headers={"X-CSRF": "x" * 32}, **why)).status_code == 403
        other = await made.signed_in("other", "supervisor")
        assert (await browser.post(pause, headers={"X-CSRF": other.headers["X-CSRF"]}, **why)).status_code == 403
        theirs = {"X-CSRF": token, "Origin": "http://elsewhere.example"}
        assert (await browser.post(pause, headers=theirs, **why)).status_code == 403
        assert (await browser.post("/office/session/end", data={"csrf": "wrong"})).status_code == 403
        assert made.floor.board("day").state.value != "paused"
        assert (await browser.post(pause, headers={"X-CSRF": token}, **why)).status_code == 200
        form = {"account": "maria", "password": PASSWORD}
        foreign = await made.browser().post(
            "/office/session", data=form, headers={"Origin": "http://elsewhere.example"}
        )
        assert foreign.status_code == 403

    run(story, tmp_path, running=True)


def test_pages_carry_the_safe_headers_and_nothing_inline(tmp_path):
    async def story(made: Office) -> None:
        browser = await made.signed_in("maria", "compliance")
        for url in ("/office", "/office/welcome", "/desk", "/board", "/compliance"):
            answer = await browser.get(url, headers={"accept": "text/html"}, follow_redirects=True)
            assert answer.status_code == 200
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            assert answer.headers["cache-control"] == "no-store"
            page = answer.text
            assert "style=" not in page and " onclick" not in page and "<style" not in page
            assert "//" not in page.replace("http://www.w3.org", "").split("<body")[0].replace(ORIGIN, "")
        sent = await made.browser().get("/board", headers={"accept": "text/html"})
        assert sent.status_code == 303 and sent.headers["location"] == "/office"

    run(story, tmp_path)


def test_the_boards_socket_asks_for_session_role_and_origin(tmp_path):
    async def story(made: Office) -> None:
        browser = await made.signed_in("maria", "supervisor")
        cookie = f"dialer_office={browser.cookies['dialer_office']}"

        async def opened(headers: dict[str, str]) -> bool:
            return await opens_socket(made.app, "/board/socket", headers)

        assert await opened({"cookie": cookie, "origin": ORIGIN})
        assert not await opened({"origin": ORIGIN})
        assert not await opened({"cookie": cookie, "origin": "http://elsewhere.example"})
        assert not await opened({"cookie": cookie})
        with made.store.writing() as tx:
            accounts.change(tx, "maria", name="Maria", role="agent", clients=())
        assert not await opened({"cookie": cookie, "origin": ORIGIN})

    run(story, tmp_path)
