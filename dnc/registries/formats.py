"""The formats a list file can come in: one table, one function that reads any of them.

How to add one: write `read_yours(blocks, sink)` in the module of its family (it takes an iterator of byte
blocks and tells the `Sink` numbers, bad lines and notes; it raises `Rejected` when the file as a whole cannot
be trusted), add a `Format` to `_ALL` below, put a sample into the format samples of the tests, and, when it
is a register of its own, add its binding to `sources.toml` and its maximum age to `dnc_sources.toml`.

`read` ends every failure as an `ImportReport` with outcome `reject_file` and a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final, Literal

from dnc.registries import abroad, changes, flat, markup, others, washes
from dnc.registries.bitmap import BitmapBuilder
from dnc.registries.detect import detect
from dnc.registries.keyed import KeyedCollector
from dnc.registries.report import Collector, ImportReport, ReadOptions, Rejected, Sink
from dnc.registries.unpack import Member, open_members

__all__ = ["FORMATS", "Format", "Reading", "format_names", "read", "read_into"]

Reader = Callable[[Iterator[bytes], Sink], None]

#: bitmap: +1 numbers, one meaning. keyed: numbers with a meaning. changes: additions and removals.
#: blocks: thousands blocks of +1. sent: what goes out to be washed. rows: entries for the database.
Shape = Literal["bitmap", "keyed", "changes", "blocks", "wash", "sent", "rows"]


@dataclass(frozen=True, slots=True)
class Format:
    """One layout of one family. `registry` is the list it feeds by default; empty: none here."""

    name: str
    read: Reader
    shape: Shape
    registry: str = ""
    many_members: bool = False
    sent_first: bool = False  # a result that is compared with the list that was sent

    @property
    def family(self) -> str:
        """What stands before the point: naming it alone detects the layout."""
        return self.name.partition(".")[0]

    def collector(self) -> BitmapBuilder | KeyedCollector:
        """Where this format's numbers go."""
        return BitmapBuilder() if self.shape == "bitmap" else KeyedCollector()


_US_FLAT = partial(flat.read_flat, country="US")
_CA_FLAT = partial(flat.read_flat, country="CA")
_US_XML = partial(markup.read_xml, kind="full", country="US")
_US_XML_CHANGE = partial(markup.read_xml, kind="change", country="US")
_CA_XML = partial(markup.read_xml, kind="full", country="CA")
_CA_XML_CHANGE = partial(markup.read_xml, kind="change", country="CA")

_ALL: Final = (
    Format("us_ndnc.flat_full", _US_FLAT, "bitmap", "US.ndnc"),
    Format("us_ndnc.flat_full_10", _US_FLAT, "bitmap", "US.ndnc"),
    Format("us_ndnc.flat_change", changes.read_changes, "changes", "US.ndnc"),
    Format("us_ndnc.xml_full", _US_XML, "bitmap", "US.ndnc"),
    Format("us_ndnc.xml_change", _US_XML_CHANGE, "changes", "US.ndnc"),
    Format("us_state.flat_full", flat.read_flat, "bitmap"),
    Format("ca_dncl.flat", _CA_FLAT, "bitmap", "CA.dncl", many_members=True),
    Format("ca_dncl.flat_change", changes.read_changes, "changes", "CA.dncl", many_members=True),
    Format("ca_dncl.xml", _CA_XML, "bitmap", "CA.dncl", many_members=True),
    Format("ca_dncl.xml_change", _CA_XML_CHANGE, "changes", "CA.dncl", many_members=True),
    Format("gb_tps.fixed12", abroad.read_tps, "keyed", "GB.tps"),
    Format("gb_tps.fixed12_spaces", abroad.read_tps, "keyed", "GB.tps"),
    Format("au_dncr.input", washes.read_au_input, "sent", "AU.dncr"),
    Format("au_dncr.result", washes.read_au_result, "wash", "AU.dncr", sent_first=True),
    Format("sg_dnc.upload", washes.read_sg_upload, "sent", "SG.dnc"),
    Format("sg_dnc.result", washes.read_sg_result, "wash", "SG.dnc", sent_first=True),
    Format("sg_dnc.errors", washes.read_sg_errors, "wash", "SG.dnc"),
    Format("in_ncpr.legacy", others.read_in_legacy, "keyed", "IN.ncpr"),
    Format("us_wireless.blocks", others.read_wireless_blocks, "blocks", "US.wireless.blocks"),
    Format("us_wireless.ported", flat.read_flat, "bitmap", "US.wireless.ported"),
    Format("us_rnd.query", washes.read_rnd_query, "sent", "US.rnd"),
    Format("us_rnd.response", washes.read_rnd_response, "wash", "US.rnd"),
    Format("litigator.vendor", others.read_litigators, "bitmap", "US.litigator"),
    Format("vicidial.dnc", others.read_vicidial, "rows"),
    Format("vicidial.campaign_dnc", others.read_vicidial_campaign, "rows"),
    Format("internal_dnc.v1", others.read_internal, "rows"),
    Format("e164.flat", abroad.read_e164, "keyed"),
)

#: Every format by name.
FORMATS: Final[dict[str, Format]] = {entry.name: entry for entry in _ALL}

_FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    entry.family: tuple(other.name for other in _ALL if other.family == entry.family) for entry in _ALL
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that was read: the report, the numbers in their collector, and what else the file said."""

    report: ImportReport
    format: Format | None
    collector: Collector | None = None
    area_codes: frozenset[str] = frozenset()
    rows: tuple[tuple[str, dict[str, str]], ...] = ()


def format_names() -> list[str]:
    """What `--format` accepts: every family (its layout is detected) and every layout."""
    return sorted([*_FAMILIES, *FORMATS])


def read(path: Path, format_name: str, options: ReadOptions | None = None) -> ImportReport:
    """Read and judge one file without keeping its numbers. Never raises for what a file may hold."""
    return read_into(path, format_name, options or ReadOptions()).report


def read_into(
    path: Path,
    format_name: str,
    options: ReadOptions,
    progress: Callable[[int], None] | None = None,
) -> Reading:
    """Read and judge one file and keep its numbers. `progress` is told how many bytes were unpacked.

    Raises ValueError for a format nobody knows: that is the caller's mistake, not the file's.
    """
    if format_name not in FORMATS and format_name not in _FAMILIES:
        raise ValueError(f"unknown format {format_name!r}: use one of {', '.join(format_names())}")
    chosen = FORMATS.get(format_name)
    if options.many_members is None:
        family = _FAMILIES[format_name] if chosen is None else (chosen.name,)
        options = replace(options, many_members=any(FORMATS[name].many_members for name in family))
    sink: Sink | None = None
    collector: Collector | None = None
    rejected: Rejected | None = None
    try:
        with open_members(path, options.limits, many=bool(options.many_members)) as members:
            for member in members:
                blocks = _watched(member, progress)
                if chosen is None:
                    head = next(blocks, b"")
                    chosen = FORMATS[detect(format_name, head, _FAMILIES[format_name])]
                    blocks = chain([head], blocks) if head else blocks
                if sink is None:
                    if chosen.sent_first and options.wash_input is None:
                        options = replace(options, wash_input=washes.find_wash_input(path))
                    collector = chosen.collector()
                    sink = Sink(chosen.name, collector, options)
                sink.member = member.name if options.many_members else ""
                before = sink.lines
                chosen.read(blocks, sink)
                _drained(blocks)
                if sink.member and sink.lines == before:
                    sink.refuse(f'{sink.member} has zero records: an empty download is not "nobody registered"')
    except Rejected as error:
        rejected = error
    if sink is None:
        chosen = chosen or FORMATS[_FAMILIES[format_name][0]]
        fallback = Sink(chosen.name, KeyedCollector(), options)
        report = fallback.report(file=path.name, rejected=rejected)
        return Reading(report, chosen)
    report = sink.report(file=path.name, rejected=rejected)
    rows = tuple((label, dict(fields)) for label, fields in sink.rows)
    return Reading(report, chosen, collector, frozenset(sink.area_codes), rows)


def _watched(member: Member, progress: Callable[[int], None] | None) -> Iterator[bytes]:
    for block in member.blocks:
        yield block
        if progress is not None:
            progress(len(block))


def _drained(blocks: Iterator[bytes]) -> None:
    """Read what a reader left, so that an archive's CRC is verified to the last byte."""
    for _ in blocks:
        pass
