"""Open a list file, packed or not, and hand out its bytes in blocks, within bounds.

Theory of operation. What a file is packed with is told by its first bytes, never by its name. A plain
file is one member; gzip is one member; a zip must hold exactly one data file, or, where a format says so
(Canada packs one file per area code), several. Nothing is ever written to disk, so a member's path can do
no harm, yet a path that tries to leave its folder marks a file nobody should trust, and it is refused.

Bounds: bytes that come out are counted as they come out; the sizes an archive declares are only a first
check. The end of a gzip or zip member verifies its CRC and length, so a file cut short anywhere is refused.
An archive inside an archive is refused.
"""

from __future__ import annotations

import gzip
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final

from dnc.registries.report import Limits, Rejected

__all__ = ["Member", "open_members"]

BLOCK: Final = 2**20

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OTHERS: Final = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"%PDF": "PDF",
    b"PAR1": "Parquet",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
}


@dataclass(frozen=True, slots=True)
class Member:
    """One data file: its name inside the archive (empty for a plain or gzip file) and its blocks."""

    name: str
    blocks: Iterator[bytes]


@contextmanager
def open_members(path: Path, limits: Limits, *, many: bool = False) -> Iterator[Iterator[Member]]:
    """The data files in `path`, in order; read each to its end before taking the next.

    Raises `Rejected` (here, or while blocks are read) for whatever is not whole, too large, encrypted,
    nested, or not a regular file.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # asked before opening: opening a pipe would wait for ever
            raise Rejected(f"{path.name} is not a regular file: name the list itself")
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            yield _members(file, before.st_size, limits, many)
            after = os.fstat(file.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise Rejected("the file changed while it was read: wait until the download is complete")
    except OSError as error:
        raise Rejected(f"cannot read {path.name}: {error.strerror or error}") from error


def _members(file: BinaryIO, size: int, limits: Limits, many: bool) -> Iterator[Member]:
    head = file.read(8)
    file.seek(0)
    if head.startswith(_ZIP):
        yield from _zip_members(file, size, limits, many)
        return
    if head.startswith(_GZIP):
        yield Member("", _gzip_blocks(file, size, limits))
        return
    _refuse_foreign(head, nested=False)
    yield Member("", _plain_blocks(file, limits))


def _plain_blocks(file: BinaryIO, limits: Limits) -> Iterator[bytes]:
    total = 0
    while block := file.read(BLOCK):
        total += len(block)
        if total > limits.max_unpacked_bytes:
            raise Rejected(f"the file is larger than the limit of {limits.max_unpacked_bytes:,} bytes")
        yield block


def _gzip_blocks(file: BinaryIO, size: int, limits: Limits) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield from _bounded(unpacked, size, limits)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Rejected(f"gzip EOF/CRC: the download is cut short or damaged ({error})") from error


def _zip_members(file: BinaryIO, size: int, limits: Limits, many: bool) -> Iterator[Member]:
    with _zip_errors():
        archive = zipfile.ZipFile(file)
    with archive:
        with _zip_errors():
            infos = _data_members(archive, limits, many)
        for info in infos:
            yield Member(info.filename, _zip_blocks(archive, info, limits))


def _zip_blocks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> Iterator[bytes]:
    with _zip_errors(), archive.open(info) as unpacked:
        total = 0
        for block in _bounded(unpacked, max(info.compress_size, 1), limits):
            total += len(block)
            yield block
        if total != info.file_size:
            raise zipfile.BadZipFile(f"{total:,} bytes where {info.file_size:,} are announced")


@contextmanager
def _zip_errors() -> Iterator[None]:
    """What zipfile raises for damaged archives, as one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError) as error:
        raise Rejected(f"zip damaged or cut short: {error}") from error
    except (NotImplementedError, RuntimeError) as error:  # a password, or a feature zipfile lacks
        raise Rejected(f"zip cannot be read: {error}") from error


def _data_members(archive: zipfile.ZipFile, limits: Limits, many: bool) -> list[zipfile.ZipInfo]:
    """The files to read, after every check that needs no unpacking."""
    infos = archive.infolist()
    if len(infos) > limits.max_members:
        raise Rejected(f"zip holds {len(infos):,} members, more than the limit of {limits.max_members:,}")
    for info in infos:
        _check_member(info, limits)
    data = [info for info in infos if not info.is_dir()]
    if not data:
        raise Rejected("zip holds no file")
    if len({info.filename for info in data}) != len(data):
        raise Rejected("zip holds two members of one name")
    suffixes = {Path(info.filename).suffix.lower() for info in data}
    if len(data) > 1 and (not many or len(suffixes) > 1):
        names = ", ".join(info.filename for info in data[:4])
        raise Rejected(f"unexpected member: zip must hold one data file, not {len(data)} ({names})")
    if sum(info.file_size for info in data) > limits.max_unpacked_bytes:
        raise Rejected(f"zip unpacks to more than the limit of {limits.max_unpacked_bytes:,} bytes")
    return data


def _check_member(info: zipfile.ZipInfo, limits: Limits) -> None:
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or ":" in name or "\0" in info.orig_filename:
        raise Rejected("zip member's path leaves its folder (path traversal)")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Rejected("zip member is a link")
    if info.flag_bits & 0x1:
        raise Rejected("zip is encrypted: unpack it first and import the file inside")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Rejected("zip uses a compression other than deflate: unpack it first")
    packed = max(info.compress_size, 1)
    if info.file_size > limits.ratio_floor_bytes and info.file_size / packed > limits.max_ratio:
        raise Rejected(f"zip member unpacks {info.file_size / packed:,.0f} times larger: a zip bomb?")


def _bounded(unpacked: IO[bytes] | gzip.GzipFile, packed: int, limits: Limits) -> Iterator[bytes]:
    total = 0
    while block := unpacked.read(BLOCK):
        if not total:
            _refuse_foreign(block[:8], nested=True)
        total += len(block)
        if total > limits.max_unpacked_bytes:
            raise Rejected(f"unpacks to more than the limit of {limits.max_unpacked_bytes:,} bytes")
        if total > limits.ratio_floor_bytes and total / packed > limits.max_ratio:
            raise Rejected(f"unpacks more than {limits.max_ratio:,.0f} times larger: a zip bomb?")
        yield block


def _refuse_foreign(head: bytes, *, nested: bool) -> None:
    if nested and head.startswith((_GZIP, *_ZIP)):
        raise Rejected("an archive inside an archive: unpack it first")
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise Rejected(f"the file is {what}, not a list: unpack or export it first")
