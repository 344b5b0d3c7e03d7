"""Every request of the adapter is one of the carrier's official OpenAPI document."""

from __future__ import annotations

import asyncio
from pathlib import Path

import twilio_document
from stories import Street, work
from twilio_floor import live_floor


def test_the_adapters_requests_violate_nothing(tmp_path: Path, document: twilio_document.Contract):
    with live_floor(
        tmp_path / "w", far_end=Street(5), campaign={"mode": "progressive"}, more="record = true\n"
    ) as floor:
        asyncio.run(work(floor))
        requests = floor.carrier.call(lambda exchange: list(exchange.requests))
    wrong = document.unlawful(requests)
    asked = {(each["method"], each["path"]) for each in requests}
    print(f"{document.checked} requests of {len(asked)} kinds, {len(wrong)} violations")
    assert wrong == []
    assert document.checked >= 20
    assert {("POST", "/Calls"), ("POST", "/Calls/{Sid}"), ("POST", "/Calls/{CallSid}/Recordings")} <= asked, asked
    assert [each for each in requests if each["status"] == 400] == []
