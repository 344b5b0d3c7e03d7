"""Every request of the adapter is one of the carrier's official OpenAPI document."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest
import twilio_document
from test_live_floor import Street, work
from twilio_floor import live_floor


@pytest.fixture
def document(pytestconfig: pytest.Config) -> twilio_document.Contract:
    """The official document, or a visible skip that says what is missing."""
    if importlib.util.find_spec("openapi_schema_validator") is None:
        pytest.skip("openapi-schema-validator is not installed")
    found = twilio_document.fetch(Path(pytestconfig.cache.mkdir("twilio")))
    if isinstance(found, str):
        pytest.skip(found)
    return twilio_document.Contract(found)


def test_the_adapters_requests_violate_nothing(tmp_path: Path, document: twilio_document.Contract):
    with live_floor(
        tmp_path / "w", far_end=Street(5), campaign={"mode": "progressive"}, more="record = true\n"
    ) as floor:
        asyncio.run(work(floor))
        requests = floor.carrier.call(lambda exchange: list(exchange.requests))
    wrong = [
        (each["method"], each["path"], line)
        for each in requests
        if each["status"] < 400
        for line in document.violations(each["path"], each["method"], each["pairs"], each["status"], each["body"])
    ]
    asked = {(each["method"], each["path"]) for each in requests}
    print(f"{document.checked} requests of {len(asked)} kinds, {len(wrong)} violations")
    assert wrong == []
    assert document.checked >= 20
    assert {("POST", "/Calls"), ("POST", "/Calls/{Sid}"), ("POST", "/Calls/{CallSid}/Recordings")} <= asked, asked
    assert [each for each in requests if each["status"] == 400] == []
