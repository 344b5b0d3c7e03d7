"""Files that come from a browser: streamed to disk, bounded, under a name that leads nowhere else."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Refused", "Upload", "receive"]

#: Bytes that are written at once.
_PIECE = 2**20
#: Seconds after which a file that nobody came back to is rubbish.
_RUBBISH = 86_400
_LONGEST_NAME = 120


class Refused(Exception):
    """The file is not taken; one line that says why."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received, in a folder of its own.

    Attributes:
        upload_id: to name it by.
        file: where it lies.
        size: in bytes.
    """

    upload_id: str
    file: Path
    size: int

    @property
    def folder(self) -> Path:
        """The folder of its own; what is made of the file may lie in it too."""
        return self.file.parent.parent

    def discard(self) -> None:
        """Remove the file and all that was made of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


async def receive(blocks: AsyncIterator[bytes], root: Path, name: str, limit: int) -> Upload:
    """Write a file that arrives in blocks into a new folder under `root`; writing happens beside the loop.

    Args:
        blocks: its bytes.
        root: the folder of uploads; made when it is missing. Folders in it that are a day old are removed.
        name: as the browser calls it; of a path only the last part is kept, and of that only plain characters.
        limit: the most bytes.

    Raises:
        Refused: it is empty or larger, or cannot be written; nothing is left of it.
    """
    folder = await asyncio.to_thread(_new_folder, root)
    upload_id = folder.name
    file = folder / "file" / _plain(name)
    size = 0
    try:
        with file.open("xb") as out:
            waiting = bytearray()
            async for block in blocks:
                size += len(block)
                if size > limit:
                    raise Refused(f"the file is larger than {limit / 1e6:,.0f} MB: import it on the floor's computer")
                waiting += block
                if len(waiting) >= _PIECE:
                    await asyncio.to_thread(out.write, bytes(waiting))
                    waiting.clear()
            await asyncio.to_thread(out.write, bytes(waiting))
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Refused(f"the file cannot be kept: {error.strerror or error}") from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if not size:
        shutil.rmtree(folder, ignore_errors=True)
        raise Refused("the file is empty")
    return Upload(upload_id, file, size)


def _new_folder(root: Path) -> Path:
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for entry in root.iterdir():
            if entry.stat().st_mtime < time.time() - _RUBBISH:
                shutil.rmtree(entry, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=root))
        (folder / "file").mkdir()
    except OSError as error:
        raise Refused(f"the file cannot be kept: {error.strerror or error}") from None
    return folder


def _plain(name: str) -> str:
    """A file's name that is no path and no option, such as `full_919.zip`."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[^\w.-]", "_", last, flags=re.ASCII).lstrip(".-")[-_LONGEST_NAME:] or "file"
