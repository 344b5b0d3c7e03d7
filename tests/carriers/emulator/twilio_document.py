"""The carrier's official OpenAPI document, and requests with their answers held to it.

The document is not ours to keep: it is fetched once from the npm package `@twilio/cli-core` into pytest's cache, or
named by `DIALER_TWILIO_OPENAPI`. Without npm, or without `openapi-schema-validator`, tests that need it are skipped.
"""

import json
import os
import re
import shutil
import subprocess
import tarfile
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory

PACKAGE = "@twilio/cli-core@8.3.2"
NAME = "twilio_api_v2010.json"
ROOT = "/2010-04-01/Accounts/{AccountSid}"


def fetch(folder: Path) -> Path | str:
    """The document's path, or why there is none."""
    named = os.environ.get("DIALER_TWILIO_OPENAPI")
    if named:
        return Path(named)
    kept = folder / NAME
    if kept.exists():
        return kept
    npm = shutil.which("npm")
    if npm is None:
        return f"npm is not installed, and DIALER_TWILIO_OPENAPI names no copy of {NAME}"
    with TemporaryDirectory(dir=folder) as scratch:  # two test processes may do this at once
        command = [npm, "pack", PACKAGE, "--pack-destination", scratch]
        packed = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
        if packed.returncode:
            return f"npm cannot fetch {PACKAGE}: {packed.stderr.strip().splitlines()[-1:]}"
        (archive,) = Path(scratch).glob("*.tgz")
        with tarfile.open(archive) as files:
            member = next(each for each in files.getmembers() if each.name.endswith(f"/{NAME}"))
            part = files.extractfile(member)
            assert part is not None
            unpacked = Path(scratch) / NAME
            unpacked.write_bytes(part.read())
        unpacked.rename(kept)
    return kept


class Contract:
    """Says what is wrong with a request or an answer, in the document's eyes."""

    def __init__(self, path: Path):
        from jsonschema import FormatChecker
        from openapi_schema_validator import OAS30Validator

        self.document = json.loads(path.read_text(encoding="utf-8"))
        # The one place where the document contradicts itself: its words say null, its schema forbids it.
        reason = self.document["components"]["schemas"]["conference_enum_reason_conference_ended"]
        assert "will be `null`" in reason["description"]
        reason |= {"nullable": True, "enum": [*reason["enum"], None]}
        self.checked = 0
        self._components = self.document["components"]
        formats = FormatChecker(formats=())
        formats.checks("date-time-rfc-2822", raises=(ValueError, TypeError))(
            lambda value: value is None or parsedate_to_datetime(value) is not None
        )
        formats.checks("phone-number")(lambda value: not value or re.fullmatch(r"\+\d{7,15}", value) is not None)
        formats.checks("currency")(lambda value: value is None or re.fullmatch("[A-Z]{3}", value) is not None)
        formats.checks("uri")(lambda value: not value or re.match(r"https?://|/2010-04-01/", value) is not None)
        self._validate = lambda schema, value: [
            f"{each.json_path}: {each.message}"
            for each in OAS30Validator({**schema, "components": self._components}, format_checker=formats).iter_errors(
                value
            )
        ]

    def operation(self, path: str, method: str) -> dict:
        return self.document["paths"][f"{ROOT}{path}.json" if path else "/2010-04-01/Accounts/{Sid}.json"][
            method.lower()
        ]

    def parameters(self, path: str, method: str) -> dict[str, dict]:
        """Schema by name of everything that a request may say."""
        operation = self.operation(path, method)
        if method == "POST":
            return operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"]
        return {each["name"]: each["schema"] for each in operation.get("parameters", []) if each["in"] == "query"}

    def unlawful(self, requests) -> list[tuple[str, str, str]]:
        """What is wrong with those of an exchange's requests that were carried out: (method, path, what)."""
        return [
            (each["method"], each["path"], line)
            for each in requests
            if each["status"] < 400
            for line in self.violations(each["path"], each["method"], each["pairs"], each["status"], each["body"])
        ]

    def violations(self, path: str, method: str, pairs, status: int, body) -> list[str]:
        """What is wrong with one accepted request and its answer."""
        self.checked += 1
        operation = self.operation(path, method)
        wrong = []
        known = self.parameters(path, method)
        many: dict[str, list[str]] = {}
        for name, text in pairs:
            if name not in known:
                wrong.append(f"unknown parameter {name}")
                continue
            many.setdefault(name, []).append(text)
        for name, texts in many.items():
            schema = known[name]
            value = [self._typed(schema["items"], each) for each in texts] if schema.get("type") == "array" else None
            if value is None:
                value = self._typed(schema, texts[0])
            wrong += [f"parameter {name} {each}" for each in self._validate(schema, value)]
        if method == "POST":
            form = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
            wrong += [f"missing parameter {name}" for name in form.get("required", []) if name not in many]
        answer = operation["responses"].get(str(status))
        if answer is None:
            return [*wrong, f"status {status} is not one of {sorted(operation['responses'])}"]
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return [*wrong, *(["an answer where there is none"] if body else [])]
        wrong += self._keys(schema, body, "$")
        return wrong + self._validate(schema, body)

    def _resolved(self, schema: dict) -> dict:
        reference = schema.get("$ref")
        return self._components["schemas"][reference.rsplit("/", 1)[1]] if reference else schema

    def _keys(self, schema: dict, value, where: str) -> list[str]:
        """The document forbids no further keys and demands none: here both count."""
        schema = self._resolved(schema)
        if isinstance(value, list):
            return [each for item in value for each in self._keys(schema["items"], item, f"{where}[]")]
        properties = schema.get("properties")
        if properties is None or not isinstance(value, dict):
            return []
        wrong = [f"{where}.{name} is not in the document" for name in value.keys() - properties.keys()]
        wrong += [f"{where}.{name} is missing" for name in properties.keys() - value.keys()]
        for name in value.keys() & properties.keys():
            wrong += self._keys(properties[name], value[name], f"{where}.{name}")
        return wrong

    def _typed(self, schema: dict, text: str):
        kind = self._resolved(schema).get("type")
        if kind == "integer" and text.isdecimal():
            return int(text)
        if kind == "boolean" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        return text
