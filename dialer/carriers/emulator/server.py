"""Serving an exchange over HTTP: as a command, inside an event loop, or on a thread beside a test."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from dialer.carriers.emulator.control import control_router
from dialer.carriers.emulator.errors import ApiError
from dialer.carriers.emulator.exchange import Exchange
from dialer.carriers.emulator.faults import Fault
from dialer.carriers.emulator.rest import rest_router
from dialer.carriers.emulator.settings import EmulatorSettings
from dialer.carriers.simulated.encounter import FarEnd

__all__ = ["Emulator", "application", "emulated", "serving"]

_T = TypeVar("_T")
_Peer = tuple[str, int]


def application(exchange: Exchange, reset: Callable[[Request], None]) -> FastAPI:
    """The web application of an exchange.

    Args:
        exchange: served.
        reset: breaks the connection that a request came by.
    """
    app = FastAPI(title="Simulated Twilio", docs_url="/control/docs", openapi_url="/control/openapi.json")
    app.include_router(rest_router(exchange, reset), include_in_schema=False)
    app.include_router(control_router(exchange))

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ApiError)
        return JSONResponse(error.body(), error.status)

    async def not_found(request: Request, error: Exception) -> JSONResponse:
        if request.url.path.startswith("/control"):
            return JSONResponse({"detail": getattr(error, "detail", "not found")}, 404)
        return await refused(request, ApiError(20404, request.url.path))

    async def not_allowed(request: Request, error: Exception) -> JSONResponse:
        return await refused(request, ApiError(20004))

    app.add_exception_handler(ApiError, refused)
    app.add_exception_handler(404, not_found)
    app.add_exception_handler(405, not_allowed)
    return app


@asynccontextmanager
async def serving(exchange: Exchange, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Exchange]:
    """Serve an exchange on the running loop; port 0 takes a free one. `exchange.base_url` says where.

    Raises:
        OSError: the address is taken.
    """
    connections: dict[_Peer, asyncio.Transport] = {}

    class Protocol(H11Protocol):
        """HTTP as usual, and a door through which a connection can be reset."""

        def connection_made(self, transport: Any) -> None:
            connections[transport.get_extra_info("peername")] = transport
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self.transport.get_extra_info("peername"), None)
            super().connection_lost(exc)

    def reset(request: Request) -> None:
        assert request.client is not None
        transport = connections[(request.client.host, request.client.port)]
        # Without lingering the kernel sends RST instead of FIN.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    try:
        listening = _listen(host, port)
    except OSError:
        await exchange.close()
        raise
    shown = f"[{host}]" if ":" in host else host
    exchange.base_url = f"http://{shown}:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        application(exchange, reset), http=Protocol, ws="none", lifespan="off", log_level="warning", access_log=False
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listening]))
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.005)
        if task.done():
            await task
        yield exchange
    finally:
        await exchange.close()
        server.stop()
        await task
        listening.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Said to be TCP: asyncio turns Nagle's delay off only for sockets that say so, and the delay is 40 ms an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(1024)
    except OSError:
        listening.close()
        raise
    return listening


class _Server(uvicorn.Server):
    """Serves until it is told to stop: without signal handlers of its own, and without looking ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stop = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for the end."""
        await self._stop.wait()

    def stop(self) -> None:
        """Serve no more, whoever is connected."""
        self.should_exit = self.force_exit = True
        self._stop.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Emulator:
    """A simulated Twilio on a thread of its own, for programs that are not asynchronous; see `emulated`."""

    def __init__(self, exchange: Exchange, loop: asyncio.AbstractEventLoop) -> None:
        self.exchange = exchange
        self._loop = loop

    @property
    def url(self) -> str:
        """Where it is reached; the account's REST API stands below `/2010-04-01`."""
        return self.exchange.base_url

    def call(self, act: Callable[[Exchange], _T]) -> _T:
        """Do something with the exchange on its own loop, and return what came of it."""
        done: Future[_T] = Future()

        def run() -> None:
            try:
                done.set_result(act(self.exchange))
            except BaseException as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result(timeout=10.0)


@contextmanager
def emulated(
    settings: EmulatorSettings | None = None,
    *,
    people: FarEnd | None = None,
    faults: Iterable[Fault] = (),
    books: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[Emulator]:
    """Run a simulated Twilio on a thread while the `with` block lasts.

    Args:
        settings: the account and the network.
        people: who answers.
        faults: what goes wrong.
        books: a JSON Lines file for the carrier's own books.
        host: to listen on.
        port: 0 takes a free one.

    Raises:
        OSError: the address is taken.
    """
    started: Future[tuple[Exchange, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def main() -> None:
        stop = asyncio.Event()
        try:
            exchange = Exchange(settings or EmulatorSettings(), people, faults, books)
            async with serving(exchange, host=host, port=port):
                started.set_result((exchange, asyncio.get_running_loop(), stop))
                await stop.wait()
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=lambda: asyncio.run(main()), name="simulated-twilio", daemon=True)
    thread.start()
    exchange, loop, stop = started.result(timeout=20.0)
    try:
        yield Emulator(exchange, loop)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=20.0)
