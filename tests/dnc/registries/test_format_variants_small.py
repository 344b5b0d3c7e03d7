"""Wireless, reassigned numbers, litigators, VICIdial's lists and the house's own, as they may come."""

from __future__ import annotations

import pytest
from examiner import A, R, W, examine, variants

BOM = b"\xef\xbb\xbf"
E1, E2, E3 = "+19195550101", "+19195550102", "+19195550103"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lists")


B0, B1 = "block:9195550", "block:9195551"
WIRELESS = [
    *variants(
        ["us_wireless.blocks", "us_wireless"],
        [
            ("blocks", "9195550\n9195551\n", A, [B0, B1], []),
            ("CR LF, no final line end", "9195550\r\n9195551", A, [B0, B1], []),
            ("duplicate", "9195550\n9195550\n", W, [B0], [], "1 duplicate"),
            *[
                (repr(text), f"{text}\n9195551\n", W, [B0, B1], [])
                for text in ("919-555-0", "919 555 0", "(919) 555-0", '"9195550"', "９１９５５５０", " 9195550")
            ],
            *[
                (text, f"9195551\n{text}\n", R, [B1], [2])
                for text in ("1195550", "9191550", "919555X", "919555", "91955501")
            ],
            ("cut", "9195551\n91955", R, [B1], [2], "incomplete"),
            ("empty", "", R, [], []),
        ],
    ),
    *variants(
        ["us_wireless.ported", "us_wireless"],
        [
            ("ported", "9195550101\n919,5550102\n", A, [E1, E2], []),
            ("punctuation", "(919) 555-0101\n", W, [E1], []),
            ("letter O", "919555O101\n9195550102\n", R, [E2], [1]),
        ],
    ),
    *variants(["us_wireless.blocks"], [("whole numbers", "9195550101\n", R, [], [1])]),
    *variants(["us_wireless.ported"], [("blocks", "9195550\n", R, [], [1])]),
]  # fmt: skip

YES = "9195550101,2026-01-10,yes\n"
REASSIGNED = [
    *variants(
        ["us_rnd.query", "us_rnd"],
        [
            ("asked", "9195550101,2026-01-10\n", A, [E1], []),
            ("today", "9195550101,2026-11-22\n", A, [E1], []),
            ("tomorrow", "9195550101,2026-11-23\n", R, [], [1], "in the future"),
            ("duplicate", "9195550101,2026-01-10\n" * 2, W, [E1], []),
            *[
                (day, f"9195550101,{day}\n9195550102,2026-01-10\n", R, [E2], [1])
                for day in ("01/10/2026", "2026-02-30", "20260110", "")
            ],
            ("a digit too few", "919555010,2026-01-10\n9195550102,2026-01-10\n", R, [E2], [1]),
            ("header", "number,date\n9195550101,2026-01-10\n", R, [E1], [1]),
            ("one column", "9195550101\n", R, [], [1]),
            ("empty", "", R, [], []),
        ],
    ),
    *variants(
        ["us_rnd.response", "us_rnd"],
        [
            (
                "answers", "9195550101,2026-01-10,yes\n9195550102,2026-01-10,no\n9195550103,2026-01-10,no_data\n",
                A, [f"yes:{E1}", f"no:{E2}", f"no_data:{E3}"], [],
            ),
            ("capitals", "9195550101,2026-01-10,YES\n9195550102,2026-01-10,No\n", W, [f"yes:{E1}", f"no:{E2}"], []),
            ("no data", "9195550101,2026-01-10,no data\n", W, [f"no_data:{E1}"], []),
            ("two answers", "9195550101,2026-01-10,no\n9195550101,2026-01-10,yes\n", W, None, [], "stricter"),
            ("unknown", "9195550101,2026-01-10,maybe\n9195550102,2026-01-10,no\n", R, [f"no:{E2}"], [1], "unknown"),
            ("no answer", "9195550101,2026-01-10,\n", R, [], [1]),
            ("no date", "9195550101,,no\n", R, [], [1]),
            ("in the future", "9195550101,2027-01-10,no\n", R, [], [1], "in the future"),
            ("a no_data cut to no", f"{YES}9195550102,2026-01-10,no", R, [f"yes:{E1}"], [2], "cut short"),
            ("cut", f"{YES}9195550102,2026-01-10,n", R, [f"yes:{E1}"], [2], "incomplete"),
        ],
    ),
]  # fmt: skip

L1 = "+19195550190"
LITIGATORS = variants(
    ["litigator.vendor", "litigator"],
    [
        ("as sampled", "phone,last_seen\n9195550190,2026-10-01\n", A, [L1], []),
        *[
            (name, f"{name},Name\n9195550190,x\n", A, [L1], [])
            for name in ("Phone Number", "PhoneNumber", "PHONE_NUMBER")
        ],
        ("alone", "phone\n9195550190\n", A, [L1], []),
        ("names with commas", 'Name,Phone,City\n"Doe, J",9195550190,"Cary, NC"\n', A, [L1], []),
        ("names are left as they stand", "phone,name\n9195550190,Renée O’Brien – ٣ < x\n", A, [L1], []),
        ("two lines in a name", 'phone,name\n9195550190,"two\n\nlines"\n919555,x\n', R, [L1], [5]),
        ("punctuation", "phone\n(919) 555-0190\n", W, [L1], []),
        ("+1", "phone\n+19195550190\n", W, [L1], []),
        ("semicolons", "phone;name\n9195550190;x\n", W, [L1], [], "semicolon"),
        ("tabs", "phone\tname\n9195550190\tx\n", W, [L1], [], "tab"),
        ("an empty row", "phone,name\n9195550190,x\n,\n", W, [L1], [], "blank line"),
        ("duplicate", "phone\n9195550190\n9195550190\n", W, [L1], []),
        ("letter O", "phone\n9195550190\n919555O191\n", R, [L1], [3]),
        ("no number", "phone,name\n9195550190,a\n,b\n", R, [L1], [3]),
        ("scientific", "phone\n9.19555E+09\n", R, [], [2], "scientific"),
        ("a column too many", "phone,name\n9195550190,a,b\n", R, [], [2]),
        ("a quote not closed", 'phone,name\n9195550190,"x\n', R, [], [], "line 2"),
        ("header alone", "phone,name\n", R, [], []),
        ("no header", "9195550190\n", R, [], [], "no column"),
        ("two telephone columns", "phone,number\n9195550190,9195550191\n", R, [], [], "more than one"),
        ("Latin-1", "phone,name\n9195550190,Ren\xe9e\n".encode("latin-1"), R, [], [], "UTF-8"),
    ],
)  # fmt: skip

VICIDIAL = [
    *variants(
        ["vicidial.dnc", "vicidial"],
        [
            ("numbers and an area code", "201XXXXXXX\r\n9195550101\r\n", A, ["npa:201", E1], []),
            ("lower case", "201xxxxxxx\n9195550101\n", W, ["npa:201", E1], [], "lower-case"),
            ("quoted", '"201XXXXXXX"\n"9195550101"\n', W, ["npa:201", E1], []),
            ("punctuation", "919,5550101\n919-555-0102\n", W, [E1, E2], []),
            ("duplicate", "201XXXXXXX\n201XXXXXXX\n", W, ["npa:201"], []),
            *[
                (text, f"{text}\n9195550101\n", R, [], [1], "wildcard")
                for text in ("201XXXXXX", "201XXXXXXXX", "201555XXXX", "101XXXXXXX", "XXXXXXXXXX")
            ],
            *[(text, f"{text}\n9195550101\n", R, [E1], [1]) for text in ("201*", "919555010", "phone_number")],
            ("empty", "", R, [], []),
        ],
    ),
    *variants(
        ["vicidial.campaign_dnc", "vicidial"],
        [
            ("two campaigns", "9195550101,C1\n9195550101,C2\n", A, [f"C1:{E1}", f"C2:{E1}"], []),
            ("header", "phone_number,campaign_id\n9195550101,C1\n", A, [f"C1:{E1}"], []),
            ("quoted, as CSV may be", '"9195550101","C1"\n', A, [f"C1:{E1}"], []),
            ("duplicate", "9195550101,C1\n9195550101,C1\n", W, [f"C1:{E1}"], []),
            ("cut in the campaign", "9195550101,C1\n9195550102,C", R, [f"C1:{E1}"], [2]),
            *[
                (text, f"{text}\n9195550102,C1\n", R, [f"C1:{E2}"], [1])
                for text in ("9195550101,", "9195550101,C1,x", "919555010,C1", "201XXXXXXX,C1")
            ],
        ],
    ),
]

HEAD = "phone_e164,scope,seller,requested_at_utc,channel,agent,note\n"


def row(phone: str = E1, scope: str = "all", at: str = "2026-11-20T15:04:05Z", note: str = "") -> str:
    return f"{phone},{scope},ACME,{at},call,a17,{note}\n"


OWN = variants(
    ["internal_dnc.v1", "internal_dnc"],
    [
        ("a request", HEAD + row(), A, [E1], []),
        ("CR LF", (HEAD + row()).replace("\n", "\r\n"), A, [E1], []),
        ("an offset", HEAD + row(at="2026-11-20T15:04:05+01:00"), A, [E1], []),
        ("a British number", HEAD + row("+442079460101"), A, ["+442079460101"], []),
        ("two sellers", HEAD + row(scope="seller") + row(scope="seller").replace("ACME", "OTHER"), A, [E1], []),
        ("notes are left as they stand", HEAD + row(note='"said ""<stop>"" – 😡 ٣\n\n< 5 min"'), A, [E1], []),
        (
            "other order",
            "x,scope,phone,requested_at\n1,all,+19195550101,2026-11-20T15:04:05Z\n",
            A,
            [E1],
            [],
        ),
        *[
            (f"time {at!r}", HEAD + row(at=at), W, [E1], [], "blocked anyway")
            for at in ("2026-11-20T15:04", "2026-11-20", "", "yesterday", "11/20/2026 15:04", "2027-11-20T15:04:05Z")
        ],
        *[(f"scope {scope!r}", HEAD + row(scope=scope), W, [E1], [], "blocked for all") for scope in ("everyone", "")],
        (
            "no scope column",
            "phone,requested_at_utc\n+19195550101,2026-11-20T15:04:05Z\n",
            W,
            [E1],
            [],
            "blocked for all",
        ),
        ("no time column", "phone,scope\n+19195550101,all\n", W, [E1], []),
        *[
            (repr(phone), HEAD + row(phone), W, [E1], [])
            for phone in ("9195550101", "(919) 555-0101", "+1 919 555 0101", "+１９１９５５５０１０１", "0019195550101")
        ],
        ("duplicate", HEAD + row() + row(), W, [E1], [], "1 duplicate"),
        ("a mark", BOM + (HEAD + row()).encode(), W, [E1], []),
        ("semicolons", (HEAD + row()).replace(",", ";"), W, [E1], [], "semicolon"),
        *[
            (repr(phone), HEAD + row(phone) + row(E2), R, [E2], [2])
            for phone in ("+1919555O101", "+1919555010", "+44207946", "+9991234567", "919555010", "", "1.91956E+10")
        ],
        ("bad line behind a note of two lines", HEAD + row(note='"a\nb"') + row("x"), R, [E1], [4]),
        ("a column too few", HEAD + row() + "+19195550102,all\n", R, [E1], [3]),
        ("cut", HEAD + row() + "+19195550102,al", R, [E1], [3], "incomplete"),
        ("header alone", HEAD, R, [], []),
        ("no header", row(), R, [], [], "no column"),
        ("a contact list", "lead_id,phone,state\n1,9195550101,NC\n", R, [], [], "no internal list"),
    ],
)


@pytest.mark.parametrize("variant", [*WIRELESS, *REASSIGNED, *LITIGATORS, *VICIDIAL, *OWN], ids=str)
def test_a_small_list_ends_as_the_rules_say(folder, variant):
    examine(folder, variant)
