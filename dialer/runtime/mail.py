"""Reports by e-mail: one message through the house's own mail server, encrypted unless it is this machine.

`[email]` in `dialer.toml` names the server; the password comes from the environment only (`DIALER_SMTP_PASSWORD`).
"""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from campaigns.problems import OperatorError, Problem

__all__ = ["PASSWORD", "Attachment", "EmailSettings", "MailError", "email_settings", "send"]

#: The environment variable with the mail account's password.
PASSWORD = "DIALER_SMTP_PASSWORD"  # noqa: S105 - a name, not a password
_SECONDS = 30.0


class MailError(OperatorError):
    """A message could not be sent; nothing of it was, as far as the server said."""


class EmailSettings(BaseModel):
    """`[email]` of `dialer.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Annotated[str, Field(min_length=1, description="the mail server")]
    port: Annotated[int, Field(ge=1, le=65_535, description="its port")] = 587
    tls: Annotated[
        Literal["starttls", "tls", "none"],
        Field(description="starttls (port 587), tls (port 465), or none on this very machine"),
    ] = "starttls"
    sender: Annotated[str, Field(alias="from", min_length=3, description="who the message is from")]
    username: Annotated[str, Field(description="the account, where the server wants one")] = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a message."""

    name: str
    kind: str  # such as text/html
    content: bytes


def email_settings(given: dict[str, Any]) -> EmailSettings:
    """The settings, checked.

    Raises:
        MailError: naming each key that is missing or wrong.
    """
    if not given:
        do = 'add [email] with host and from, such as host = "mail.example.com" and from = "Reports <r@example.com>"'
        raise MailError([Problem("dialer.toml", "it does not say how to send e-mail", do)])
    try:
        found = EmailSettings.model_validate(given)
    except ValidationError as error:
        raise MailError(
            [
                Problem("dialer.toml", f"email.{'.'.join(map(str, each['loc']))}: {each['msg']}", "correct it")
                for each in error.errors()
            ]
        ) from None
    if found.tls == "none" and not _is_here(found.host):
        what = f'email.tls = "none" would send reports to {found.host} in the open'
        raise MailError([Problem("dialer.toml", what, 'use "starttls" or "tls"; "none" is for 127.0.0.1 only')])
    _addresses([found.sender], "email.from")
    return found


def send(
    settings: EmailSettings, to: Sequence[str], subject: str, text: str, attachments: Sequence[Attachment] = ()
) -> None:
    """Send one message to some people.

    Args:
        settings: of the server.
        to: addresses, one each.
        subject: one line.
        text: the message itself.
        attachments: files.

    Raises:
        MailError: one line that says what the server or the network refused.
    """
    message = EmailMessage()
    message["From"] = settings.sender
    message["To"] = ", ".join(_addresses(to, "--email"))
    message["Subject"] = " ".join(subject.split())
    message.set_content(text)
    for each in attachments:
        kind, _, sub = each.kind.partition("/")
        message.add_attachment(each.content, maintype=kind, subtype=sub, filename=each.name)
    where = f"{settings.host}:{settings.port}"
    password = os.environ.get(PASSWORD, "")
    if settings.username and not password:
        raise MailError([Problem("environment", f"{PASSWORD} is not set", f"set it for {settings.username}")])
    try:
        with _connection(settings) as server:
            if settings.username:
                server.login(settings.username, password)
            refused = server.send_message(message)
    except smtplib.SMTPAuthenticationError:
        raise MailError(
            [Problem(where, "the name or the password is wrong", f"check username and {PASSWORD}")]
        ) from None
    except smtplib.SMTPRecipientsRefused as error:
        raise MailError([Problem(where, f"it takes no mail for {', '.join(error.recipients)}", "check them")]) from None
    except smtplib.SMTPException as error:
        said = " ".join(str(error).split())
        raise MailError([Problem(where, f"the mail server refused: {said}", "check [email] in dialer.toml")]) from None
    except ssl.SSLError as error:
        what = f"no encrypted connection: {error.reason or error}"
        raise MailError([Problem(where, what, "check port, tls and the server's certificate")]) from None
    except (OSError, socket.gaierror) as error:
        what = f"no answer: {error.strerror or error}"
        raise MailError([Problem(where, what, "check host and port in [email]")]) from None
    if refused:
        what = f"sent, but not to {', '.join(sorted(refused))}, whom it refused"
        raise MailError([Problem(where, what, "check these addresses")])


def _connection(settings: EmailSettings) -> smtplib.SMTP:
    """An open connection, encrypted as the settings say; certificates are checked."""
    if settings.tls == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=_SECONDS, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=_SECONDS)
    try:
        if settings.tls == "starttls":
            server.starttls(context=ssl.create_default_context())
    except BaseException:
        server.close()
        raise
    return server


def _is_here(host: str) -> bool:
    """Whether a host is this machine by its very name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _addresses(given: Sequence[str], where: str) -> list[str]:
    """The addresses, each a single plausible one; nothing that could add a header or a recipient."""
    for each in given:
        spec = each.strip()
        if spec.endswith(">") and "<" in spec:
            spec = spec[spec.rindex("<") + 1 : -1]
        try:
            read = Address(addr_spec=spec)
            good = bool((read.username and "." in read.domain) or read.domain == "localhost")
        except (ValueError, MessageError, IndexError):
            good = False
        if not good or any(sign in each for sign in "\r\n,;"):
            raise MailError([Problem(where, f"{each!r} is no e-mail address", "write it as name@example.com")])
    return [each.strip() for each in given]
