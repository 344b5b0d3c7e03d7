"""Runs `dialer` commands in processes that die, fail or run at once, many a second.

Starting Python and its libraries takes most of a second; dying takes none. So one process imports the command
line once and forks a child for every command it is sent.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: What changes a file system, as Python's audit events tell it; and `os.fsync`, which has none.
_CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir")


@dataclass(frozen=True)
class Ended:
    """How one command ended: its exit code (negative: the signal), its words, and how long it took."""

    code: int
    said: str
    seconds: float


class Nursery:
    """A context manager around the process that forks; `trial` is a command it runs first, to warm up."""

    def __init__(self, *trial: object) -> None:
        self._trial = list(map(str, trial))

    def __enter__(self) -> Nursery:
        self._process = subprocess.Popen(
            [sys.executable, __file__, *self._trial],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "NO_COLOR": "1", "COLUMNS": "300"},
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def run(self, *words: object, **fate: Any) -> Ended:
        """Run one command. `kill_after` seconds; `kill_at` or `full_from` a change of the file system, counted
        from 0: there the process dies, or from there on the disk is full; `largest` bytes a file may have.
        """
        return self.run_at_once([words], **fate)[0]

    def run_at_once(self, commands: list[tuple[object, ...]], **fate: Any) -> list[Ended]:
        """Run several commands at the same time."""
        order = {"commands": [list(map(str, words)) for words in commands], "fate": fate}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return [Ended(**said) for said in json.loads(self._process.stdout.readline())]


def _serve(trial: list[str]) -> None:
    import typer.main

    from dialer.cli import main

    typer.main.get_command = functools.cache(typer.main.get_command)  # its half of a command is always the same
    sys.argv = ["dialer", *trial]
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):
        main()  # every library and table a command needs is there before the first fork
    gc.freeze()  # and stays shared, whatever the children collect
    for line in sys.stdin:
        order = json.loads(line)
        fate = order["fate"]
        began = time.perf_counter()
        children = [_fork(main, words, fate) for words in order["commands"]]
        if "kill_after" in fate:
            time.sleep(fate["kill_after"])
            for child, _ in children:
                os.kill(child, signal.SIGKILL)
        print(json.dumps([_ended(child, said, began) for child, said in children]), flush=True)


def _fork(main: Any, words: list[str], fate: dict[str, Any]) -> tuple[int, int]:
    said, say = os.pipe()
    child = os.fork()
    if child:
        os.close(say)
        return child, said
    sys.stdout = sys.stderr = os.fdopen(say, "w", buffering=1)
    sys.argv = ["dialer", *words]
    if "largest" in fate:
        resource.setrlimit(resource.RLIMIT_FSIZE, (fate["largest"], fate["largest"]))
    if "kill_at" in fate or "full_from" in fate:
        _trap(fate.get("kill_at", -1), fate.get("full_from", sys.maxsize))
    code = 1
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code)


def _ended(child: int, said: int, began: float) -> dict[str, Any]:
    with os.fdopen(said) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status), "said": text, "seconds": time.perf_counter() - began}


def _trap(kill_at: int, full_from: int) -> None:
    count = 0

    def change(frees: bool) -> None:
        nonlocal count
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if count >= full_from and not frees:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count += 1

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CHANGES:
            change(event in ("os.remove", "os.rmdir"))
        elif event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            change(False)

    sync = os.fsync

    def fsync(handle: int) -> None:
        change(False)
        sync(handle)

    os.fsync = fsync
    sys.addaudithook(hook)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))
    _serve(sys.argv[1:])
