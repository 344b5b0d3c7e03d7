"""A simulated Twilio with an application that it calls back."""

import importlib.util
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from telephone import Application, World, served  # beside this file

from dialer.carriers.emulator import EmulatorSettings, emulated


@pytest.fixture(scope="session")
def served_application():
    with served(Application()) as application:
        yield application


@pytest.fixture
def application(served_application):
    """The application, as new."""
    served_application.answers, served_application.asked = {}, []
    return served_application


@pytest.fixture(scope="session")
def contract(pytestconfig):
    """The carrier's document, or the sentence that says why there is none."""
    import twilio_document

    if importlib.util.find_spec("openapi_schema_validator") is None:
        return "openapi-schema-validator is not installed"
    found = twilio_document.fetch(Path(pytestconfig.cache.mkdir("twilio")))
    return found if isinstance(found, str) else twilio_document.Contract(found)


@pytest.fixture
def make_world(application, contract):
    """Build worlds; at the end no emulator has made a mistake of its own, and what it said was the carrier's to say."""
    with ExitStack() as stack:
        worlds = []

        def make(**settings):
            settings = {"calls_per_second": 1000.0, "speed": 20.0} | settings
            options = {name: settings.pop(name) for name in ("people", "faults", "books") if name in settings}
            world = World(stack.enter_context(emulated(EmulatorSettings(**settings), **options)), application)
            worlds.append(world)
            return world

        yield make
        for world in worlds:
            failures, requests = world.emulator.call(lambda exchange: (exchange.failures, list(exchange.requests)))
            assert failures == []
            for each in requests:
                if not isinstance(contract, str) and each["status"] < 400 and "Colour" not in dict(each["pairs"]):
                    args = (each["path"], each["method"], each["pairs"], each["status"], each["body"])
                    assert contract.violations(*args) == [], f"{each['method']} {each['path']}"


@pytest.fixture
def world(make_world):
    return make_world()
