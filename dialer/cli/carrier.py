"""`dialer carrier`: a simulated carrier, to try the live floor without an account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli import prompts
from dialer.cli.common import stop

if TYPE_CHECKING:
    from dialer.carriers.emulator import Behaviour, EmulatorSettings, Exchange, Fault

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)


@app.command()
def simulate(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes a free port.")] = 8300,
    host: Annotated[str, typer.Option(help="On which address; only this machine reaches the default.")] = "127.0.0.1",
    number: Annotated[
        list[str] | None, typer.Option("--number", help="A number of the account's own; may be repeated.")
    ] = None,
    caller_id: Annotated[
        list[str] | None, typer.Option("--caller-id", help="A verified caller id; may be repeated.")
    ] = None,
    agent_phone: Annotated[
        list[str] | None, typer.Option("--agent-phone", help="An agent's phone: picked up at once and held.")
    ] = None,
    browser_url: Annotated[
        str, typer.Option(help="Voice URL of the application that agents' browsers call; printed as AP...")
    ] = "",
    country: Annotated[
        list[str] | None, typer.Option("--country", help="Prefix the account may call, such as +1; may be repeated.")
    ] = None,
    calls_per_second: Annotated[float, typer.Option(min=0.01, help="The account's rate for new calls.")] = 30.0,
    answer_rate: Annotated[float, typer.Option(min=0.0, max=1.0, help="How many people pick up.")] = 0.25,
    seed: Annotated[int, typer.Option(help="Of people, detection and faults.")] = 1,
    people: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="What happens at which number: {number: behaviour}.")
    ] = None,
    faults: Annotated[Path | None, typer.Option(metavar="FILE.json", help="What goes wrong: a list of rules.")] = None,
    books: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Append the carrier's own books to this file.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0.01, help="How much faster than real time people are.")] = 1.0,
    lax: Annotated[bool, typer.Option("--lax", help="Pass over unknown parameters, as the real carrier does.")] = False,
    seconds: Annotated[
        float | None, typer.Option("--for", min=0.1, help="Stop after so many real seconds; else at Ctrl-C or SIGTERM.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object at the start and one at the end.")] = False,
) -> None:
    """Run a simulated Twilio: its REST API, documents, callbacks, people who answer, and books of its own.

    Prints where it is and what to write into `dialer.toml`. Ends with a count of what was dialed.

    Example: `dialer carrier simulate --port 8300 --answer-rate 0.3 --books carrier.jsonl`
    """
    import asyncio  # heavy: not for dialer --help

    from dialer.carriers.emulator import APPLICATION_SID, NUMBER, EmulatorSettings, read_faults

    try:
        rules = [] if faults is None else read_faults(faults)
        script = {} if people is None else _read_people(people)
    except (OSError, ValueError) as error:
        raise stop(f"{faults if people is None else people or faults}: {error}") from None
    settings = EmulatorSettings(
        numbers=tuple(number or (NUMBER,)),
        caller_ids=tuple(caller_id or ()),
        countries=tuple(country or ("+1",)),
        applications={APPLICATION_SID: browser_url} if browser_url else {},
        calls_per_second=calls_per_second,
        strict=not lax,
        speed=speed,
        seed=seed,
    )
    asyncio.run(_serve(settings, rules, script, agent_phone or [], answer_rate, books, host, port, seconds, as_json))


def _read_people(file: Path) -> dict[str, list[Behaviour]]:
    """What happens at which number.

    Raises:
        ValueError: it is no JSON, or no behaviour.
        OSError: it cannot be read.
    """
    from dialer.carriers.emulator import read_behaviours

    entries = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(entries, dict):
        raise ValueError("write one JSON object: {number: behaviour}")
    return {number: read_behaviours(value) for number, value in entries.items()}


async def _serve(
    settings: EmulatorSettings,
    rules: list[Fault],
    script: dict[str, list[Behaviour]],
    agent_phones: list[str],
    answer_rate: float,
    books: Path | None,
    host: str,
    port: int,
    seconds: float | None,
    as_json: bool,
) -> None:
    import asyncio
    import signal

    from dialer.carriers.emulator import AGENT_PHONE, Exchange, serving
    from dialer.simulation.people import People

    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, told.set)
    try:
        exchange = Exchange(settings, People(settings.seed, answer_rate), rules, books)
    except OSError as error:
        raise stop(f"{books}: cannot be written: {error.strerror}") from None
    for number, behaviours in script.items():
        exchange.directory.put(number, behaviours)
    for number in agent_phones:
        exchange.directory.put(number, AGENT_PHONE)
    try:
        async with serving(exchange, host=host, port=port):
            _print_start(exchange, as_json)
            try:
                async with asyncio.timeout(seconds):
                    await told.wait()
            except TimeoutError:
                pass  # the time that was asked for is over
    except OSError as error:
        raise stop(f"cannot listen on {host}:{port}: {error.strerror}; choose another --port") from None
    _print_end(exchange, as_json)


def _print_start(exchange: Exchange, as_json: bool) -> None:
    settings = exchange.settings
    key, secret = next(iter(settings.api_keys.items()))
    said = {
        "base_url": exchange.base_url,
        "account_sid": settings.account_sid,
        "auth_token": settings.auth_token,
        "api_key_sid": key,
        "api_key_secret": secret,
        "application_sid": next(iter(settings.applications), ""),
    }
    if as_json:
        typer.echo(json.dumps({**said, "numbers": settings.numbers}))
        return
    typer.echo(f"A simulated Twilio listens at {exchange.base_url}; its books are at {exchange.base_url}/control/books")
    typer.echo("\n[twilio]")
    for name in ("account_sid", "base_url", "api_key_sid", "application_sid"):
        if said[name]:
            typer.echo(f'{name} = "{said[name]}"')
    typer.echo(f"\nexport DIALER_TWILIO_AUTH_TOKEN={settings.auth_token}")
    typer.echo(f"export DIALER_TWILIO_API_KEY_SECRET={secret}")
    typer.echo(f"\nIts own numbers, to call from: {', '.join(settings.numbers)}. Ctrl-C ends it.")


def _print_end(exchange: Exchange, as_json: bool) -> None:
    counts = _counts(exchange)
    if as_json:
        typer.echo(json.dumps(counts))
        return
    typer.echo("; ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items()))


def _counts(exchange: Exchange) -> dict[str, Any]:
    stories = list(exchange.books)
    return {
        "calls": len(stories),
        "dialed": sum(each.dialed_at is not None for each in stories),
        "answered": sum(each.answered_at is not None for each in stories),
        "joined_to_somebody": sum(bool(each.spoke_with) for each in stories),
        "callbacks": len(exchange.courier.deliveries),
        "callbacks_unanswered": sum(
            each.author == "carrier" and not (each.tries and each.tries[-1].startswith("2"))
            for each in exchange.courier.deliveries
        ),
        "violations": len(exchange.violations) + len(exchange.courier.bad_overrides),
    }


app.command("prompts")(prompts.prompts)
app.command("export-fallback")(prompts.export_fallback)
