"""Lists of the United States and Canada in every state a download or an editor may leave them in."""

from __future__ import annotations

import gzip

import pytest
from examiner import A, R, W, examine, variants, zipped

BOM = b"\xef\xbb\xbf"
E1, E2, E3 = "+19195550101", "+19195550102", "+19195550103"
T1, T2 = "+14165550101", "+14165550102"
THREE = "919,5550101\n919,5550102\n919,5550103\n"
ALL = [E1, E2, E3]
GOOD = [f"919,{5_550_000 + n}" for n in range(10_000)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lists")


def lines_with_bad(lines: int, bad: int) -> str:
    return "\n".join(["x"] * bad + GOOD[: lines - bad]) + "\n"


FLAT = variants(
    ["us_ndnc.flat_full", "us_ndnc"],
    [
        ("LF", THREE, A, ALL, []),
        ("CR LF", THREE.replace("\n", "\r\n"), A, ALL, []),
        ("LF and CR LF", "919,5550101\r\n919,5550102\n919,5550103", A, ALL, []),
        ("no final line end", THREE[:-1], A, ALL, []),
        ("CR", THREE.replace("\n", "\r"), W, ALL, [], "lone CR"),
        ("CR between two", "919,5550101\r919,5550102", W, [E1, E2], [], "lone CR"),
        ("CR behind one", "919,5550101\r", W, [E1], [], "lone CR"),
        ("CR CR LF", THREE.replace("\n", "\r\r\n"), W, ALL, []),
        ("CR among LF, and the line number behind", "919,5550101\n919,5550102\r919,5550103\nbad\n", R, ALL, [4]),
        ("UTF-8 with a mark", BOM + THREE.encode(), W, ALL, [], "BOM"),
        ("a mark and nothing", BOM, R, [], [], "zero records"),
        *[(name, THREE.encode(name), R, [], []) for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")],
        ("UTF-16 BE with a mark", b"\xfe\xff" + THREE.encode("utf-16-be"), R, [], [], "UTF-16"),
        ("Latin-1", THREE.encode() + b"919,555\xa00104\n", R, [], [], "not UTF-8"),
        ("EBCDIC", THREE.encode("cp500"), R, []),
        ("blank line within", "919,5550101\n\n919,5550102\n", W, [E1, E2], [], "blank line"),
        ("blank line at the end", "919,5550101\n\n", W, [E1], [], "blank line"),
        ("blank line first", " \t\n919,5550101\n", W, [E1], [], "blank line"),
        ("Ctrl-Z at the end", THREE + "\x1a", W, ALL, []),
        ("empty", "", R, [], [], "zero records"),
        ("only blanks", "\n\n \r\n", R, [], [], "zero records"),
        ("header", "AreaCode,Number\n919,5550101\n", R, [E1], [1]),
        ("header alone", "AreaCode,Number\n", R, [], [1]),
        ("NUL", "919,5550101\n919,555\x000102\n", R, [], [], "NUL"),
        ("HTML", "<!DOCTYPE html>\n<html><body>Log in</body></html>", R, [], [], "HTML"),
        ("HTML in capitals behind blanks", "  \n\t<HTML><HEAD></HEAD></HTML>", R, [], [], "HTML"),
        ("HTML behind a mark", BOM + b"<!doctype HTML>\n<html>", R, [], [], "HTML"),
        ("HTML behind a comment", "<!-- x --><html><title>Error</title></html>", R, [], [], "HTML"),
        ("XHTML", '<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "y"><html xmlns="a"></html>', R, [], [], "HTML"),
        ("HTML at the end", THREE * 2_000 + "<html><body>timeout</body></html>\n", R, [], [], "markup"),
        ("JSON error", '{"error":"unauthorized"}', R, []),
        ("text error", "Session expired. Please log in again.\n", R, [], [1]),
        ("scientific", "9.19555E+09\n", R, [], [1], "scientific"),
        ("scientific with a comma", "9,19555E+09\n", R, [], [1], "scientific"),
        ("scientific among thousands", THREE * 2_000 + "9.19555e9\n", R, None, [6_001], "scientific"),
        ("decimal", "9195550101.0\n", R, [], [1]),
        ("duplicates", "919,5550101\n919,5550101\n9195550101\n919,5550102\n", W, [E1, E2], [], "2 duplicates"),
        ("a digit too few", "919,5550101\n919,555010\n", R, [E1], [2]),
        ("a digit too many", "919,5550101\n919,55501011\n", R, [E1], [2]),
        ("letter O", "919,5550101\n919,555O101\n", R, [E1], [2], "letters"),
        ("vanity letters", "919-555-CALL\n919,5550101\n", R, [E1], [1], "letters"),
        ("area code 119", "119,5550101\n919,5550101\n", R, [E1], [1], "NPA/NXX"),
        ("exchange 055", "919,0550101\n919,5550101\n", R, [E1], [1], "NPA/NXX"),
        ("a third column", "919,5550101,NC\n919,5550102,NC\n", R, [], [1, 2]),
        ("cut in the number", "919,5550101\n919,5550102\n919,5550", R, [E1, E2], [3], "incomplete"),
        ("cut behind the area code", "919,5550101\n919", R, [E1], [2], "incomplete"),
        ("cut among thousands", THREE * 2_000 + "919,555", R, None, [6_001], "incomplete"),
        ("a British list", "0207 9460101\r\n01632 960101\r\n", R, [], [1, 2]),
        ("an Australian list", "0255500101\n0491570006\n", R, [], [1, 2]),
        ("a Singaporean list", "61234567\n81234567\n", R, [], [1, 2]),
        ("a Canadian number", "416,5550101\n919,5550101\n", W, [T1, E1], [], "Canadian area code"),
        ("gzip", gzip.compress(THREE.encode()), A, ALL),
        ("gzip in two members", gzip.compress(THREE[:12].encode()) + gzip.compress(THREE[12:].encode()), A, ALL),
        ("gzip cut", gzip.compress(THREE.encode() * 1_000)[:-5], R, [], [], "gzip"),
        ("gzip bomb", gzip.compress(b"0" * 40_000_000), R, []),
        ("zip", zipped({"a.txt": THREE}), A, ALL),
        ("zip with a folder", zipped({"data/": b"", "data/a.txt": THREE}), A, ALL),
        ("zip of two", zipped({"a.txt": THREE, "b.txt": THREE}), R, [], [], "unexpected member"),
        ("zip cut", zipped({"a.txt": THREE * 1_000})[:-5], R, [], [], "zip"),
        ("zip of nothing", zipped({}), R, [], [], "no file"),
        ("zip of an empty file", zipped({"a.txt": b""}), R, [], [], "zero records"),
        ("zip of a web page", zipped({"a.txt": "<html>"}), R, [], [], "HTML"),
        ("zip in a zip", zipped({"a.zip": zipped({"a.txt": THREE})}), R, [], [], "archive inside"),
        ("gzip in a zip", zipped({"a.gz": gzip.compress(THREE.encode())}), R, [], [], "archive inside"),
        ("zip in a gzip", gzip.compress(zipped({"a.txt": THREE})), R, [], [], "archive inside"),
        ("zip that leaves its folder", zipped({"/etc/a.txt": THREE}), R, [], [], "traversal"),
        ("zip with a bad line", zipped({"a.txt": "919,5550101\n919,555\n"}), R, [E1], [2]),
    ],
)

CLOTHES = """
919-555-0101 | (919) 555-0101 | (919)555-0101 | 919.555.0101 | 919 555 0101 | 919/555-0101 | 919;5550101 | 919, 5550101
+19195550101 | +1 919 555 0101 | 19195550101 | 1-919-555-0101 | 1 (919) 555-0101 | +1(919)5550101 | ＋19195550101
001 919 555 0101 | 0019195550101 | 011 1 919 555 0101 | 919\t5550101 | \x0c919,5550101
"919","5550101" | "919,5550101" | "9195550101" | '9195550101' | '9195550101 | ="9195550101" | “919”,“5550101”
９１９，５５５０１０１ | 919,５５５０１０１ | ٩١٩,٥٥٥٠١٠١ | ۹۱۹۵۵۵۰۱۰۱ | ९१९५५५०१०१
919\u00a0555\u00a00101 | 919\u2011555\u20110101 | 919\u2013555\u20130101 | 919\u2212555\u22120101
\u202a9195550101\u202c | 919,555\u200b0101 | \ufeff9195550101 | 919\u00ad5550101
"""
NO_NUMBERS = """
abc | 5550101 | 919555010 | 29195550101 | 919195550101 | +442079460101 | +9195550101 | 9195550101 9195550102
9195550101 x45 | *67 9195550101 | 919555#101 | 919555\u041e101 | 919555\u2167101 | 919555\u2460101
919,555010\u00b2 | NULL | -9195550101 | 9195550101,Ann | 0000000000
"""
DRESSED = variants(
    ["us_ndnc.flat_full", "us_ndnc"],
    [
        *[
            (repr(text), f"{text}\n919,5550102\n", W, [E1, E2], [])
            for line in CLOTHES.strip("\n").split("\n")
            for text in line.split(" | ")
        ],
        (" 919,5550101", " 919,5550101\n919,5550102 \n", W, [E1, E2], []),
        *[
            (repr(text), f"{text}\n919,5550102\n", R, [E2], [1])
            for line in NO_NUMBERS.strip("\n").split("\n")
            for text in line.split(" | ")
        ],
    ],
)

#: One bad line in a thousand is borne, and not one more.
RATIOS = variants(
    ["us_ndnc.flat_full"],
    [
        (f"{bad} of {lines}", lines_with_bad(lines, bad), outcome, None, list(range(1, bad + 1)))
        for lines, bad, outcome in [
            (1_000, 1, W), (999, 1, R), (1_001, 1, W), (2_000, 2, W), (1_999, 2, R), (2_000, 3, R), (10_000, 10, W),
            (10_000, 11, R), (1, 1, R), (100, 1, R), (1_000, 500, R),
        ]
    ]
    + [
        ("blank lines do not count", lines_with_bad(999, 1) + "\n\n\n", R, None, [1]),
        ("a thousand numbers are shown", "\n".join(GOOD[:1_000]), A, [f"+1{n.replace(',', '')}" for n in GOOD[:1_000]]),
    ],
)  # fmt: skip

CHANGE = "919,5550104,2026-11-20,A\n919,5550101,2026-11-20,D\n"
AD = ["A:+19195550104", "D:+19195550101"]
BOTH = ["A:+19195550101", "D:+19195550101"]
CHANGES = variants(
    ["us_ndnc.flat_change", "us_ndnc", "ca_dncl"],
    [
        ("as assumed", CHANGE, A, AD, []),
        *[
            (f"time as {time}", CHANGE.replace("2026-11-20", time), A, AD, [])
            for time in (
                "2026-11-20 15:04:05", "2026-11-20T15:04:05Z", "20261120", "20261120150405", "11/20/2026",
                "11/20/2026 15:04", "11/20/2026 3:04:05 PM",
            )
        ],
        ("times out of order", CHANGE.replace("20,D", "01,D"), A, AD, []),
        ("another order", "A,919,5550104,2026-11-20\nD,919,5550101,2026-11-20\n", A, AD, []),
        ("ten digits", "9195550104,2026-11-20,A\n9195550101,2026-11-20,D\n", A, AD, []),
        ("ten digits without time", "9195550104,A\n9195550101,D\n", A, AD, []),
        ("CR LF", CHANGE.replace("\n", "\r\n"), A, AD, []),
        ("a mark", BOM + CHANGE.encode(), W, AD, []),
        ("quoted", '"919","5550104","2026-11-20","A"\n"919","5550101","2026-11-20","D"\n', W, AD, [], "quoted"),
        ("added and deleted", CHANGE.replace("5550104", "5550101"), W, BOTH, [], "stricter"),
        ("unknown operation", CHANGE.replace(",D", ",X"), R, None, [2]),
        ("unknown operation alone", "919,5550101,2026-11-20,X\n", R, [], [1]),
        ("lower-case operation", CHANGE.replace(",D", ",d"), R, None, [2]),
        ("impossible time", CHANGE.replace("20,D", "31,D"), R, None, [2]),
        ("a digit too few", CHANGE + "919,555010,2026-11-20,A\n", R, AD, [3]),
        ("a column too many in one", CHANGE + "919,5550102,2026-11-20,A,x\n", R, AD, [3]),
        ("a column nobody knows", CHANGE.replace("\n", ",zzz\n"), R, [], [1, 2], "unknown"),
        ("two times", CHANGE.replace("2026", "2026-11-20,2026"), R, [], [], "once each"),
        ("header", "AreaCode,Number,Date,Action\n" + CHANGE, R, None, [1]),
        ("cut", CHANGE + "919,5550", R, AD, [3], "incomplete"),
        ("empty", "", R, [], [], "zero records"),
    ],
)  # fmt: skip

FULL_XML = (
    "<list type='full' level='ac' val='919'>\n<ac val='919'>\n"
    "<ph val='5550101' /><ph val='5550102' />\n</ac>\n</list>\n"
)
HIDDEN = "<!-- " + "<ph val='5550199' />" * 100 + " -->"
XML = variants(
    ["us_ndnc.xml_full", "us_ndnc"],
    [
        ("single quotes", FULL_XML, A, [E1, E2], []),
        ("double quotes", FULL_XML.replace("'", '"'), A, [E1, E2], []),
        ("on one line", FULL_XML.replace("\n", ""), A, [E1, E2]),
        ("CR LF", FULL_XML.replace("\n", "\r\n"), A, [E1, E2]),
        ("a mark", BOM + FULL_XML.encode(), A, [E1, E2]),
        *[
            (f"said to be {code}", f"<?xml version='1.0' encoding='{code}'?>{FULL_XML}", outcome, numbers)
            for code, outcome, numbers in [
                ("UTF-8", A, [E1, E2]), ("ISO-8859-1", A, [E1, E2]), ("KLINGON", R, []), ("idna", R, []),
            ]
        ],
        ("UTF-16", FULL_XML.encode("utf-16"), R, []),
        ("Latin-1 within", FULL_XML.encode()[:-9] + b"\xe9</list>", R, []),
        ("end tags", FULL_XML.replace("'5550101' />", "'5550101'></ph>"), A, [E1, E2]),
        ("other order", FULL_XML.replace("type='full' level='ac'", "level='ac' type='full'"), A, [E1, E2]),
        ("namespace", FULL_XML.replace("<list", "<list xmlns='urn:x'"), A, [E1, E2]),
        ("prefix", FULL_XML.replace("list", "d:list").replace("d:list t", "d:list xmlns:d='u' t"), R, []),
        ("numbers in a comment", FULL_XML.replace("<ph", HIDDEN + "<ph", 1), A, [E1, E2]),
        ("duplicate", FULL_XML.replace("5550102", "5550101"), W, [E1], [], "1 duplicate"),
        *[
            (f"number {text!r}", FULL_XML.replace("5550102", text), W, [E1, E2], [])
            for text in ("555-0102", " 5550102 ", "５５５０１０２")
        ],
        *[
            (f"number {text!r}", FULL_XML.replace("5550102", text), R, [E1], [3])
            for text in ("555010", "1550102", "555O102", "", "9195550102")
        ],
        ("area code 119", FULL_XML.replace("919", "119"), R, [], None, "[2-9]XX"),
        ("another area code than announced", FULL_XML.replace("<ac val='919'", "<ac val='212'"), R, []),
        ("Canadian", FULL_XML.replace("919", "416"), W, [T1, T2], [], "Canadian area code"),
        ("no end tag", FULL_XML.replace("</list>", ""), R, [], [], "well-formed"),
        ("cut", FULL_XML[:-20], R, [], [], "well-formed"),
        ("stray end tag", FULL_XML + "</list>", R, [], [], "well-formed"),
        ("as printed in the brochure", FULL_XML.replace("val='919'>", "val='919' />", 1), R, [], [], "well-formed"),
        ("text behind", FULL_XML + "x", R, [], [], "well-formed"),
        ("text within", FULL_XML.replace("</ac>", "<![CDATA[x]]></ac>"), R, []),
        ("capitals", FULL_XML.upper(), R, []),
        ("no numbers", "<list type='full'><ac val='919'></ac></list>", R, [], [], "zero records"),
        ("no list", "<list type='full' />", R, [], [], "zero records"),
        ("nameless", FULL_XML.replace("type='full' ", ""), R, []),
        ("DTD", "<!DOCTYPE list>" + FULL_XML, R, [], [], "XXE"),
        ("laughs", "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>" + FULL_XML, R, [], [], "XXE"),
        ("fetched", "<!DOCTYPE l [<!ENTITY % p SYSTEM 'http://192.0.2.1/'> %p;]>" + FULL_XML, R, [], [], "XXE"),
        ("entity nobody declared", FULL_XML.replace("5550101", "&x;"), R, []),
        ("gzip", gzip.compress(FULL_XML.encode()), A, [E1, E2]),
        ("zip", zipped({"a.xml": FULL_XML}), A, [E1, E2]),
    ],
)  # fmt: skip
CHANGE_XML = (
    FULL_XML.replace("full", "change").replace("01' />", "01' type='D' />").replace("02' />", "04' type='A' />\n")
)
DA = ["D:+19195550101", "A:+19195550104"]
XML_CHANGES = variants(
    ["us_ndnc.xml_change", "us_ndnc"],
    [
        ("as assumed", CHANGE_XML, A, DA, []),
        ("unknown operation", CHANGE_XML.replace("'A'", "'X'"), R, DA[:1], [3], "refused whole"),
        ("no operation", CHANGE_XML.replace("type='A'", ""), R, DA[:1], [3]),
        ("lower case", CHANGE_XML.replace("'D'", "'d'"), R, DA[1:], [3]),
        ("added and deleted", CHANGE_XML.replace("5550104", "5550101"), W, BOTH[::-1], [], "stricter"),
        ("a digit too few", CHANGE_XML.replace("5550104", "555010"), R, DA[:1], [3]),
        ("cut", CHANGE_XML[:-10], R, [], []),
    ],
)
CONFUSED = [
    *variants(["us_ndnc.xml_full"], [("a change list", CHANGE_XML, R, [], []), ("a flat list", THREE, R, [], [])]),
    *variants(["us_ndnc.xml_change"], [("a full list", FULL_XML, R, [], [])]),
    *variants(["us_ndnc.flat_change"], [("a full list", THREE, R, [], [])]),
    *variants(["us_ndnc.flat_full"], [("an XML list", FULL_XML, R, [], [])]),
]

CA = "416,5550101\n416,5550102\n"
CA_XML = FULL_XML.replace("level='ac' val='919'", "level='all' val=''").replace("919", "416")
CHANGE_CA = CHANGE_XML.replace("919", "416")
FOR_EACH = {"416.txt": CA, "905.txt": "905,5550101\n"}
XML_FOR_EACH = {"416.xml": CA_XML, "919.xml": CA_XML.replace("416", "919")}
CANADA = [
    *variants(
        ["ca_dncl.flat", "ca_dncl"],
        [
            ("LF", CA, A, [T1, T2]),
            ("ten digits", CA.replace(",", ""), A, [T1, T2]),
            ("an American number", CA + "919,5550101\n", W, [T1, T2, E1], [], "US area code"),
            ("a digit too few", CA + "416,555010\n", R, [T1, T2], [3]),
            ("a member for each area code", zipped(FOR_EACH), A, [T1, T2, "+19055550101"]),
            ("a member with a bad line", zipped({"416.txt": CA, "905.txt": "905,555\n"}), R, [T1, T2], [1]),
            ("an empty member", zipped({"416.txt": CA, "905.txt": ""}), R, None, [], "905.txt has zero records"),
            ("a member that is a web page", zipped({"416.txt": CA, "905.txt": "<html>"}), R, []),
            ("a member of another kind", zipped({"416.txt": CA, "readme.html": "<html>"}), R, [], [], "unexpected"),
            ("flat and XML", zipped({"416.txt": CA, "905.xml": CA_XML}), R, [], [], "unexpected"),
        ],
    ),
    *variants(
        ["ca_dncl.xml", "ca_dncl"],
        [
            ("all area codes", CA_XML, A, [T1, T2]),
            ("a member for each area code", zipped(XML_FOR_EACH), W, [T1, T2, E1, E2], [], "US area code"),
            ("a member that is cut", zipped({"416.xml": CA_XML, "905.xml": CA_XML[:-9]}), R, []),
            ("as printed in the brochure", CA_XML.replace("val=''>", "val='' />"), R, []),
            ("attributes without quotes", CA_XML.replace("'416'", "416"), R, []),
        ],
    ),
    *variants(
        ["ca_dncl.xml_change", "ca_dncl"],
        [("changes", CHANGE_CA, A, ["D:+14165550101", "A:+14165550104"])],
    ),
]


@pytest.mark.parametrize(
    "variant", [*FLAT, *DRESSED, *RATIOS, *CHANGES, *XML, *XML_CHANGES, *CONFUSED, *CANADA], ids=str
)
def test_a_north_american_list_ends_as_the_rules_say(folder, variant):
    examine(folder, variant)
