"""Contact lists are judged as they would be loaded: a row in doubt is refused, the rest is told."""

from __future__ import annotations

import json

import pytest

from dialer.runtime.list_check import check_contacts

HEAD = "lead_id,phone,first_name,state,zip,consent_type,consent_at\n"
GOOD = "1,9195550101,Ann,NC,27601,pewc,2026-05-01T10:00:00Z\n"
A, W, R = "accept", "accept_with_warnings", "reject_file"


def lead(phone: str, at: str = "2026-05-01T10:00:00Z", postal: str = "10001") -> str:
    return f"2,{phone},Bob,NY,{postal},pewc,{at}\n"


VARIANTS = [
    ("good", HEAD + GOOD, A, []),
    ("CR LF", (HEAD + GOOD).replace("\n", "\r\n"), A, []),
    ("no final line end", (HEAD + GOOD)[:-1], A, []),
    ("a blank line", HEAD + "\n" + GOOD, A, []),
    ("+1", HEAD + GOOD + lead("+1 (212) 555-0123"), A, []),
    ("a mark", "\ufeff" + HEAD + GOOD, W, []),
    ("tabs", (HEAD + GOOD).replace(",", "\t"), W, []),
    ("semicolons", (HEAD + GOOD).replace(",", ";"), W, []),
    ("ZIP without its 0", HEAD + GOOD.replace("27601", "2108"), W, []),
    ("consent without date", HEAD + GOOD.replace("2026-05-01T10:00:00Z", ""), W, []),
    ("consent in the future", HEAD + GOOD.replace("2026", "2099"), W, []),
    ("duplicate", HEAD + GOOD + GOOD, W, []),
    *[
        (repr(phone), HEAD + GOOD + lead(phone), W, [3])
        for phone in (
            "212555O123", "=2125550123", "２１２５５５０１２３", "212555\u200b0123", "212\u00a0555\u00a00123",
            "2.12555E+09", "2125550123.0", "2125550123x45", "212555012", "21255501234", "1125550123", "8005550123", "",
        )
    ],
    ("a cell too many", HEAD + GOOD + lead("2125550123").replace("\n", ",x\n"), W, [3]),
    ("nothing but a bad row", HEAD + lead("212555O123"), R, [2]),
    ("header alone", HEAD, R, []),
    ("empty", "", R, []),
    ("no header", GOOD, R, [1]),
    ("no phone column", "lead_id,name\n1,Ann\n", R, [1]),
    ("two phone columns of one name", "phone,phone\n9195550101,9195550102\n", R, [1]),
    ("a quote that swallows rows", HEAD + GOOD + '2,2125550123,"Bob,NY\n' + GOOD * 3, R, [3]),
    ("cut short", HEAD + GOOD + "2,2125550123,Bo", R, [3]),
    ("blanks at the end", HEAD + GOOD + "  ", A, []),
    ("web page", "<html><body>Log in</body></html>", R, []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "outcome", "bad"), VARIANTS, ids=[row[0] for row in VARIANTS])
def test_a_contact_list_ends_as_the_rules_say(tmp_path, name, text, outcome, bad):
    file = tmp_path / "leads.csv"
    file.write_text(text, encoding="utf-8", newline="")
    report = check_contacts(file)
    shown = json.loads(json.dumps(report.as_dict()))
    assert (shown["outcome"], shown["bad_lines"]) == (outcome, bad), shown["warnings"]
    assert (outcome == A) == (not shown["warnings"])
    assert all("\n" not in warning for warning in shown["warnings"])
    counts = report.counts
    assert counts.lines == counts.numbers + counts.duplicates + counts.bad
    if outcome != R:
        assert shown["numbers"][0] == "+19195550101" and len(shown["numbers"]) == counts.numbers


def test_encodings(tmp_path):
    file = tmp_path / "leads.csv"
    for encoding, outcome in [("utf-16", W), ("utf-16-le", R), ("latin-1", R)]:
        file.write_bytes((HEAD + GOOD.replace("Ann", "José")).encode(encoding))
        report = check_contacts(file)
        assert (report.outcome, report.bad_lines) == (outcome, ()), report.warnings
