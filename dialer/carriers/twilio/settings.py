"""What the operator says of the account: the `[twilio]` table of `dialer.toml`, and secrets from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

__all__ = ["SECRETS", "TwilioSettings", "read_settings"]

#: Environment variable of each secret; none of them may stand in a file.
SECRETS: Mapping[str, str] = {
    "auth_token": "DIALER_TWILIO_AUTH_TOKEN",
    "api_key_secret": "DIALER_TWILIO_API_KEY_SECRET",
}

_Loopback = ("127.0.0.1", "localhost", "::1")


class TwilioSettings(BaseModel):
    """One account. Durations in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-fA-F]{32}$", description="the account, AC and 32 digits")]
    auth_token: Annotated[SecretStr, Field(description="signs callbacks; from the environment only")]
    public_url: Annotated[
        str, Field(description="where the carrier reaches this dialer, such as https://dialer.example")
    ]
    api_key_sid: Annotated[str, Field(description="key for the agents' browser tokens, SK and 32 digits")] = ""
    api_key_secret: Annotated[SecretStr, Field(description="of that key; from the environment only")] = SecretStr("")
    application_sid: Annotated[str, Field(description="TwiML application of the agents' browsers, AP...")] = ""
    agents_caller_id: Annotated[
        str, Field(pattern=r"^(\+[1-9]\d{6,14})?$", description="shown when an agent's own phone is rung")
    ] = ""
    base_url: Annotated[str, Field(description="another provider's API with the same form; empty: Twilio")] = ""
    fallback_url: Annotated[
        str, Field(description="folder on another web server with the exported fallback documents")
    ] = ""
    voice_sdk: Annotated[
        str, Field(description="the carrier's script for agents' browsers, a file here; empty: the packaged one")
    ] = ""
    calls_per_second: Annotated[float, Field(gt=0, le=1000, description="the account's rate for new calls")] = 1.0
    request_timeout: Annotated[float, Field(ge=1, le=60, description="for the carrier's answer to a request")] = 10.0
    queue_alarm: Annotated[float, Field(gt=0, description="a call queued longer at the carrier is cancelled")] = 1.0
    record: Annotated[bool, Field(description="record conversations, announced, two channels")] = False
    jitter_buffer: Annotated[Literal["off", "small", "medium", "large"], Field(description="of agents' rooms")] = (
        "small"
    )

    @field_validator("public_url", "base_url", "fallback_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        local = parts.hostname in _Loopback
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError(f"{value!r} is no web address; write https://host or https://host/path")
        if parts.scheme == "http" and not local:
            raise ValueError(f"{value!r} is not encrypted: callbacks carry people's numbers; use https://")
        if parts.query or parts.fragment:
            raise ValueError(f"{value!r} has a query or fragment; write only host and path")
        return value.rstrip("/")

    @property
    def browser_legs(self) -> bool:
        """Whether agents can talk in the browser: an API key and an application are there."""
        return bool(self.api_key_sid and self.api_key_secret.get_secret_value() and self.application_sid)


def read_settings(table: Mapping[str, object], environment: Mapping[str, str]) -> TwilioSettings:
    """Build the settings from the file's table and the environment's secrets.

    Raises:
        ValueError: a value is wrong, a secret stands in the file, or one is missing (pydantic's error says where).
    """
    for name, variable in SECRETS.items():
        if name in table:
            raise ValueError(f"twilio.{name} is a secret: take it out of dialer.toml and set {variable}")
    values = dict(table)
    for name, variable in SECRETS.items():
        if environment.get(variable):
            values[name] = environment[variable]
    if "auth_token" not in values:
        raise ValueError(f"the account's auth token is missing: set {SECRETS['auth_token']}")
    return TwilioSettings.model_validate(values)
