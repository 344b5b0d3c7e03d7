"""The API against its own document: whatever is sent, nothing fails, and every answer is as described."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest
import schemathesis
from api_floor import api_floor
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi import checks

from dialer.web.api.app import make_api

#: Everything that schemathesis knows of an answer, but that data which its own schema calls good must be taken: a
#: number can be well written and still be nobody's.
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.content_type_conformance,
    checks.ignored_auth,
    checks.negative_data_rejection,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
    checks.unsupported_method,
]
EXAMPLES = 6
_SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@contextmanager
def served(root: Path) -> Iterator[tuple[FastAPI, str]]:
    """The API of a floor that runs in a thread of its own, for schemathesis asks from outside; and a token."""
    told: Queue = Queue()

    async def floor() -> None:
        async with api_floor(root) as made:
            stop = asyncio.Event()
            told.put((make_api(made.floor, rate=1e6), made.token(), asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(floor()))
    thread.start()
    app, token, loop, stop = told.get(timeout=30)
    try:
        yield app, token
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of schemathesis' own client
def test_no_request_fails_the_api_and_every_answer_is_as_the_document_says(tmp_path):
    tried: dict[str, int] = {}
    with served(tmp_path) as (app, token):
        headers = {"Authorization": f"Bearer {token}"}

        def try_one(case: schemathesis.Case) -> None:
            tried[case.operation.label] = tried.get(case.operation.label, 0) + 1
            case.call_and_validate(headers=headers, checks=CHECKS)

        for found in schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations():
            operation = found.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                _SETTINGS(given(operation.as_strategy(generation_mode=mode))(try_one))()
    assert len(tried) == 12 and min(tried.values()) >= 2, tried
