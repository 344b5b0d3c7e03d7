"""The house's own Do-Not-Call lists on a page: search, add, and the removal that takes two people.

An entry is in force before the page says so. A number is taken off only when somebody else than who asked has agreed;
until then it stays blocked. Numbers travel in forms, never in addresses that stay in logs, and who searched for which
is written down. Whoever is kept to some client companies sees and asks about those companies' lists alone.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.runtime.own_numbers import (
    NotDone,
    OwnList,
    Written,
    answer_removal,
    ask_removal,
    read_number,
)
from dialer.store import removals, suppressions
from dialer.store.errors import StoreError
from dialer.store.removals import Answer, Step
from dialer.store.suppressions import SCOPES, Entry
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard
from dialer.web.pages.rendering import page
from dnc.registries.report import mask

__all__ = ["own_lists_router"]

_SHOWN = 50


def own_lists_router(workspace: Workspace, guard: Guard) -> APIRouter:
    """`/compliance/own-lists` and what is done there."""
    router = APIRouter(prefix="/compliance/own-lists", include_in_schema=False)
    reader, changer = Depends(guard.needs(Act.SEE_OWN_LISTS)), Depends(guard.needs(Act.CHANGE_OWN_LISTS))
    decider = Depends(guard.needs(Act.DECIDE_REMOVAL))

    async def show(request: Request, user: User, *, status: int = 200, **shown: Any) -> Response:
        data = {"why": "", "said": "", "number": "", "found": None, "list": "", **shown}
        lists = await asyncio.to_thread(_lists, workspace, user)
        newest, waiting = await asyncio.to_thread(_newest, guard, user, lists, data["list"])
        return page(
            request, "own_lists.html", status=status, user=user, lists=lists, newest=newest, waiting=waiting,
            mask=mask, **data,
        )  # fmt: skip

    @router.get("")
    async def own_lists(
        request: Request,
        list: Literal["", "company", "client", "campaign", "areacode"] = "",
        said: Literal["", "added", "asked", "approve", "refuse", "withdraw"] = "",
        user: User = reader,
    ) -> Response:
        return await show(request, user, list=list, said=said)

    @router.post("/search")
    async def search(request: Request, number: str = Form(max_length=64), user: User = reader) -> Response:
        try:
            written = read_number(number)
        except NotDone as error:
            return await show(request, user, status=422, number=number, why=str(error))
        lists = await asyncio.to_thread(_lists, workspace, user)
        guard.record(user, Act.SEE_OWN_LISTS, written.number)
        found = await asyncio.to_thread(_found, guard, user, lists, written)
        return await show(request, user, number=number, found=found)

    @router.post("/add")
    async def add(
        request: Request,
        number: str = Form(max_length=64),
        where: str = Form(max_length=80),
        reason: str = Form(max_length=500),
        source: str = Form(max_length=500),
        expires: str = Form(default="", max_length=10),
        user: User = changer,
    ) -> Response:
        try:
            written, own = _place(workspace, user, number, where)
            until = _day(expires, guard.at())
            words = _words(reason, source)
            with guard.store.writing() as tx:
                suppressions.add(
                    tx, written.number, reason=words[0], source=words[1], by=user.account_id, at=guard.at(),
                    scope=own.scope, scope_id=own.scope_id, expires_at=until,
                )  # fmt: skip
        except (NotDone, StoreError) as error:
            return await show(request, user, status=422, number=number, why=str(error))
        guard.record(user, Act.CHANGE_OWN_LISTS, written.number, f"put on {own.words}: {words[0]}")
        return _said("added")

    @router.post("/ask")
    async def ask(
        request: Request,
        number: str = Form(max_length=64),
        where: str = Form(max_length=80),
        reason: str = Form(max_length=500),
        source: str = Form(max_length=500),
        user: User = changer,
    ) -> Response:
        try:
            written, own = _place(workspace, user, number, where)
            words = _words(reason, source)
            with guard.store.writing() as tx:
                ask_removal(
                    tx, written.number, own, reason=words[0], source=words[1], by=user.account_id, at=guard.at()
                )
        except (NotDone, StoreError) as error:
            return await show(request, user, status=422, number=number, why=str(error))
        guard.record(user, Act.CHANGE_OWN_LISTS, written.number, f"asked for removal from {own.words}: {words[0]}")
        return _said("asked")

    async def answered(request: Request, user: User, act: Act, removal_id: int, said: Answer, reason: str) -> Response:
        with guard.store.reading() as tx:
            asked = removals.get(tx, removal_id)
        lists = await asyncio.to_thread(_lists, workspace, user)
        if asked is None or not _theirs(asked, user, lists):
            raise HTTPException(404, "there is no such request")
        try:
            with guard.store.writing() as tx:
                answer_removal(tx, removal_id, said, reason=reason.strip(), by=user.account_id, at=guard.at())
        except (NotDone, StoreError) as error:
            guard.record(user, act, asked.number, f"{said} request {removal_id}: {error}", done=False)
            return await show(request, user, status=409, why=str(error))
        where = OwnList(asked.scope, asked.scope_id).words
        guard.record(user, act, asked.number, f"{said} removal from {where}, asked by {asked.by}")
        return _said(said)

    @router.post("/decide")
    async def decide(
        request: Request,
        removal_id: int = Form(),
        answer: Literal["approve", "refuse"] = Form(),
        reason: str = Form(default="", max_length=500),
        user: User = decider,
    ) -> Response:
        return await answered(request, user, Act.DECIDE_REMOVAL, removal_id, answer, reason)

    @router.post("/withdraw")
    async def withdraw(request: Request, removal_id: int = Form(), user: User = changer) -> Response:
        return await answered(request, user, Act.CHANGE_OWN_LISTS, removal_id, "withdraw", "")

    return router


def _said(what: str) -> Response:
    return RedirectResponse(f"/compliance/own-lists?said={what}", 303)


def _lists(workspace: Workspace, user: User) -> dict[str, str]:
    """The lists a user may write to, as `scope:name` with what people call them."""
    clients, campaigns = set(), []
    for name in workspace.campaign_names():
        try:
            campaign = workspace.campaign(name)
        except OperatorError:
            continue  # the campaigns' page says what is wrong with it
        if user.sees(campaign.client):
            clients.add(campaign.client)
            campaigns.append(name)
    found = {} if user.clients else {"company:": "company"}
    found |= {f"client:{name}": name for name in sorted(clients)}
    return found | {f"campaign:{name}": name for name in campaigns}


def _place(workspace: Workspace, user: User, number: str, where: str) -> tuple[Written, OwnList]:
    """The number and its list. Raises NotDone; 404 for a list that is none of the user's."""
    written = read_number(number)
    known = _lists(workspace, user)
    if where == "areacode:" and not user.clients:
        where = "company:"
    if where not in known:
        raise HTTPException(404, "there is no such list")
    scope, _, name = where.partition(":")
    if written.pattern and user.clients:
        raise HTTPException(404, "an area code holds for every client company")
    client, campaign = (name if scope == kind else "" for kind in ("client", "campaign"))
    return written, OwnList.of(written, client, campaign)


def _words(reason: str, source: str) -> tuple[str, str]:
    if not reason.strip() or not source.strip():
        raise NotDone("say why, and on whose word")
    return reason.strip(), source.strip()


def _day(text: str, now: datetime) -> datetime | None:
    """The end of a day in UTC. Raises NotDone for a day that is over."""
    if not text:
        return None
    try:
        end = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError):
        raise NotDone(f"{text!r} is no day") from None
    if end <= now:
        raise NotDone("the entry would end in the past")
    return end


def _theirs(row: Entry | Step, user: User, lists: dict[str, str]) -> bool:
    """Whether a row is the user's to see: of every client company, or of one of theirs."""
    return not user.clients or f"{row.scope}:{row.scope_id}" in lists


def _newest(guard: Guard, user: User, lists: dict[str, str], scope: str) -> tuple[list[Entry], list[Step]]:
    """The newest changes, and the requests that wait."""
    wanted = tuple(each for each in SCOPES if scope in ("", each))
    with guard.store.reading() as tx:
        newest = suppressions.page(tx, count=_SHOWN, scopes=wanted)
        waiting = removals.pending(tx)
    return [row for row in newest if _theirs(row, user, lists)], [row for row in waiting if _theirs(row, user, lists)]


def _found(guard: Guard, user: User, lists: dict[str, str], written: Written) -> dict[str, Any]:
    """Everything about one number: what is in force, what was, and what was asked."""
    now = guard.at()

    def seen(row: Entry | Step) -> bool:
        return row.scope in ("company", "areacode") or _theirs(row, user, lists)

    with guard.store.reading() as tx:
        rows = suppressions.history(tx, written.number)
        steps = removals.history(tx, written.number)
    standing: dict[tuple[str, str, str], Entry] = {}
    for row in rows:
        key = (row.number, row.scope, row.scope_id)
        if row.action == "remove":
            standing.pop(key, None)
        elif row.expires_at is None or row.expires_at > now:
            standing[key] = row
    return {
        "number": written.number,
        "notes": written.notes,
        "standing": [row for row in standing.values() if seen(row)],
        "history": [row for row in reversed(rows) if seen(row)],
        "steps": [step for step in reversed(steps) if seen(step)],
        "removable": set(lists) | (set() if user.clients else {"areacode:"}),
    }
