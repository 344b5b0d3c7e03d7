"""Archives and XML from outside: bounded, whole, alone, and never able to reach beyond themselves."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registry_kit import at_now

from dnc.registries import Limits, read

LIST = b"919,5550101\n919,5550102\n919,5550103\n"
SMALL = Limits(max_unpacked_bytes=200_000, ratio_floor_bytes=10_000)


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_txt", ".txt"), data)
    return buffer.getvalue()


def outcome(tmp_path, data: bytes, family: str = "us_ndnc", **options):
    path = tmp_path / "download"
    path.write_bytes(data)
    return read(path, family, at_now(**options))


def refused(tmp_path, data: bytes, word: str, family: str = "us_ndnc", **options) -> None:
    report = outcome(tmp_path, data, family, **options)
    assert report.outcome == "reject_file"
    assert report.numbers == ()
    assert any(word in warning for warning in report.warnings), report.warnings


def test_gzip_and_zip_are_told_by_their_bytes(tmp_path):
    assert outcome(tmp_path, gzip.compress(LIST)).outcome == "accept"
    assert outcome(tmp_path, zipped(a_txt=LIST)).outcome == "accept"
    assert outcome(tmp_path, gzip.compress(LIST[:12]) + gzip.compress(LIST[12:])).counts.numbers == 3


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped(a_txt=data)], ids=["gzip", "zip"])
def test_a_download_cut_at_any_byte_is_never_taken_for_whole(tmp_path, pack):
    whole = pack(LIST)
    for cut in range(len(whole)):
        report = outcome(tmp_path, whole[:cut])
        assert report.outcome == "reject_file", cut


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped(a_txt=data)], ids=["gzip", "zip"])
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_flipped_byte_never_changes_the_numbers(tmp_path_factory, pack, data):
    whole = bytearray(pack(LIST))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    report = outcome(tmp_path_factory.mktemp("flip"), bytes(whole))
    if report.accepted:  # a flipped date or name in a header harms nobody
        assert report.counts.numbers == 3


def test_zip_and_gzip_bombs_are_stopped(tmp_path):
    bomb = LIST * 100_000
    refused(tmp_path, gzip.compress(bomb), "limit", limits=Limits(max_unpacked_bytes=10**6))
    refused(tmp_path, zipped(a_txt=bomb), "limit", limits=Limits(max_unpacked_bytes=10**6))
    refused(tmp_path, gzip.compress(bomb), "bomb", limits=Limits(ratio_floor_bytes=10**5))
    refused(tmp_path, zipped(a_txt=bomb), "bomb", limits=Limits(ratio_floor_bytes=10**5))
    refused(tmp_path, LIST * 100_000, "larger than the limit", limits=Limits(max_unpacked_bytes=10**6))


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path):
    honest = zipped(a_txt=LIST * 50)
    size = (len(LIST) * 50).to_bytes(4, "little")
    assert honest.count(size) == 2
    for claimed in (10, len(LIST), 10**6):
        refused(tmp_path, honest.replace(size, claimed.to_bytes(4, "little")), "zip")


@pytest.mark.parametrize("name", ["../list.txt", "/etc/list.txt", "a/../../list.txt", "..\\list.txt", "C:\\list.txt"])
def test_a_member_that_leaves_its_folder_is_refused(tmp_path, name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, LIST)
    refused(tmp_path, buffer.getvalue(), "traversal")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["download"]


def test_links_encryption_nesting_and_foreign_formats_are_refused(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("list.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    refused(tmp_path, buffer.getvalue(), "link")
    locked = bytearray(zipped(a_txt=LIST))
    locked[6] |= 1
    central = locked.index(b"PK\x01\x02")
    locked[central + 8] |= 1
    refused(tmp_path, bytes(locked), "encrypted")
    refused(tmp_path, zipped(a_txt=zipped(a_txt=LIST)), "inside an archive")
    refused(tmp_path, gzip.compress(gzip.compress(LIST)), "inside an archive")
    refused(tmp_path, zipped(), "no file")
    for magic in (b"BZh91AY", b"7z\xbc\xaf\x27\x1c", b"%PDF-1.7", b"Rar!\x1a\x07"):
        refused(tmp_path, magic + b"\n" * 50, "unpack or export")
    refused(tmp_path, gzip.compress(LIST) + b"garbage", "gzip")


def test_a_zip_of_an_html_page_or_of_nothing_is_refused(tmp_path):
    refused(tmp_path, zipped(a_txt=b"<html><body>Log in</body></html>"), "HTML")
    assert outcome(tmp_path, zipped(a_txt=b"")).outcome == "reject_file"
    assert outcome(tmp_path, gzip.compress(b"")).outcome == "reject_file"


def test_canada_may_pack_one_file_per_area_code_and_others_only_when_told(tmp_path):
    two = zipped(x416_txt=b"416,5550101\n", x905_txt=b"905,5550101\n905,55501\n")
    one_each = zipped(x416_txt=b"416,5550101\n", x905_txt=b"905,5550101\n")
    assert outcome(tmp_path, one_each, "ca_dncl").numbers == ("+14165550101", "+19055550101")
    refused(tmp_path, one_each, "unexpected member")
    assert outcome(tmp_path, one_each, many_members=True).accepted
    refused(tmp_path, one_each, "unexpected member", "ca_dncl", many_members=False)
    bad = outcome(tmp_path, two, "ca_dncl")
    assert [(line.member, line.line) for line in bad.bad_lines] == [("x905.txt", 2)]


FULL = "<list type='full' level='ac' val='919'><ac val='919'><ph val='5550101' /></ac></list>"


def test_xml_is_read_only_when_whole_strict_and_of_its_kind(tmp_path):
    assert outcome(tmp_path, FULL.encode()).numbers == ("+19195550101",)
    assert outcome(tmp_path, ("<?xml version='1.0' encoding='UTF-8'?>" + FULL).encode()).accepted
    for cut in range(len(FULL)):
        assert outcome(tmp_path, FULL[:cut].encode(), "us_ndnc.xml_full").outcome == "reject_file", cut
    refused(tmp_path, FULL.encode(), "change list", "us_ndnc.xml_change")
    refused(tmp_path, FULL.replace("full", "change").encode(), "full list", "us_ndnc.xml_full")
    refused(tmp_path, FULL.replace("<ph", "<number").encode(), "unexpected")
    refused(tmp_path, FULL.replace("ac val='919'", "ac val='212'").encode(), "holds 212")
    refused(tmp_path, FULL.replace("</ac>", "919,5550102</ac>").encode(), "text between")
    refused(tmp_path, (FULL + "<html></html>").encode(), "")


def test_entities_and_document_types_are_refused_unread(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("5550199")
    xxe = f'<!DOCTYPE list [<!ENTITY x SYSTEM "file://{secret}">]>' + FULL.replace("5550101", "&x;")
    refused(tmp_path, xxe.encode(), "XXE", "us_ndnc.xml_full")
    laughs = "<!DOCTYPE list [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]>" + FULL
    refused(tmp_path, laughs.encode(), "XXE", "us_ndnc.xml_full")
    refused(tmp_path, b"<!DOCTYPE list SYSTEM 'http://192.0.2.1/x.dtd'>" + FULL.encode(), "XXE")


def test_a_tag_that_never_ends_is_cut_off(tmp_path):
    endless = "<list type='full'><ac val='919'>" + " " * 3_000_000
    refused(tmp_path, endless.encode(), "does not end", "us_ndnc.xml_full")
