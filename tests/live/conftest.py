import importlib.util
import sys
from pathlib import Path

import pytest

# The world, the running processes and the auditor of the runtime tests serve here too.
sys.path.insert(0, str(Path(__file__).parent.parent / "runtime"))
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "benchmarks" / "kits"))
sys.path.insert(0, str(Path(__file__).parent.parent / "carriers" / "emulator"))


@pytest.fixture(scope="session")
def document(pytestconfig: pytest.Config):
    """The carrier's official document, or a visible skip that says what is missing."""
    import twilio_document

    if importlib.util.find_spec("openapi_schema_validator") is None:
        pytest.skip("openapi-schema-validator is not installed")
    found = twilio_document.fetch(Path(pytestconfig.cache.mkdir("twilio")))
    if isinstance(found, str):
        pytest.skip(found)
    return twilio_document.Contract(found)
