"""Signing in to the office: password, one-time code, sign-out."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from dialer.store import accounts
from dialer.web.accounts_guard import OFFICE_COOKIE, Guard, demand_token
from dialer.web.accounts_secrets import SHORTEST, choose_password, knows_password
from dialer.web.pages.rendering import page

__all__ = ["office_router"]

#: Nobody's id or password is longer, characters: hashing must not be fed novels.
_LONGEST = 256


def office_router(guard: Guard) -> APIRouter:
    """`/office`, `/office/welcome`, `/office/session`."""
    router = APIRouter(prefix="/office", include_in_schema=False)
    one_at_a_time = asyncio.Lock()  # argon2 takes 64 MiB and a core; strangers may ask for it

    def refused(request: Request, status: int, why: str, account: str, template: str = "sign_in.html") -> Response:
        return page(request, template, status=status, why=why, account=account[:64], shortest=SHORTEST)

    def opened(account: str, hashed: str) -> Response:
        guard.waits.passed(account)
        response = RedirectResponse("/board", 303)
        guard.seat(response, guard.sessions.open(account, hashed))
        return response

    @router.get("")
    async def sign_in_page(request: Request) -> Response:
        if guard.found(request) is not None:
            return RedirectResponse("/board", 303)
        return page(request, "sign_in.html", why="", account="")

    @router.post("/session")
    async def sign_in(
        request: Request, account: str = Form(max_length=64), password: str = Form(max_length=_LONGEST)
    ) -> Response:
        guard.own(request)
        if guard.waits.must_wait(account):
            return refused(request, 429, "wait", account)
        async with one_at_a_time:
            hashed = await asyncio.to_thread(knows_password, guard.store, account, password)
        if hashed is None:
            guard.waits.failed(account)
            _record(guard, account, "sign_in", done=False)
            return refused(request, 401, "wrong", account)
        _record(guard, account, "sign_in")
        return opened(account, hashed)

    @router.get("/welcome")
    async def welcome_page(request: Request, account: str = "") -> Response:
        return page(request, "welcome.html", why="", account=account[:64], shortest=SHORTEST)

    @router.post("/welcome")
    async def welcome(
        request: Request,
        account: str = Form(max_length=64),
        code: str = Form(max_length=64),
        password: str = Form(max_length=_LONGEST),
        again: str = Form(max_length=_LONGEST),
    ) -> Response:
        guard.own(request)
        if guard.waits.must_wait(account):
            return refused(request, 429, "wait", account, "welcome.html")
        if password != again:
            return refused(request, 422, "differ", account, "welcome.html")
        try:
            async with one_at_a_time:
                hashed = await asyncio.to_thread(choose_password, guard.store, account, code, password, guard.at())
        except ValueError:
            return refused(request, 422, "short", account, "welcome.html")
        if hashed is None:
            guard.waits.failed(account)
            _record(guard, account, "choose_password", done=False)
            return refused(request, 401, "code", account, "welcome.html")
        return opened(account, hashed)

    @router.post("/session/end")
    async def sign_out(request: Request) -> Response:
        guard.own(request)
        found = guard.found(request)
        if found is None:
            raise HTTPException(401, "sign in first")
        session, user = found
        await demand_token(request, session)
        guard.sessions.end(request.cookies[OFFICE_COOKIE])
        _record(guard, user.account_id, "sign_out")
        response = RedirectResponse("/office", 303)
        response.delete_cookie(OFFICE_COOKIE)
        return response

    return router


def _record(guard: Guard, account: str, act: str, *, done: bool = True) -> None:
    with guard.store.writing() as tx:
        # Tries with names that nobody has are not kept: a stranger must not fill a table that is never emptied.
        if done or accounts.get(tx, account) is not None:
            accounts.record(tx, guard.at(), by=account, act=act, target=account, done=done)
