"""`dialer report` over groups, clients, days and months; payments; workbooks; e-mail to a server on this machine."""

from __future__ import annotations

import email
import io
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.policy import default
from pathlib import Path

import openpyxl
import pytest
from aiosmtpd.controller import Controller
from books import Book

from dialer.runtime.mail import MailError, email_settings, send

FLOOR = (
    ("day", "evergreen", "America/New_York"),
    ("dusk", "evergreen", "America/New_York"),
    ("night", "rival", "America/New_York"),
)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    made = Book(tmp_path_factory.mktemp("floor") / "w", *FLOOR)
    made.fill(seed=5, calls=60, leads=12)
    return made


@dataclass
class Box:
    """A mail server on this machine that keeps what it gets."""

    messages: list[tuple[list[str], bytes]] = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.messages.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"


@pytest.fixture
def box(book: Book) -> Iterator[tuple[Box, Path]]:
    """The server, and the settings that name it."""
    kept = Box()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    settings = book.root / "dialer.toml"
    text = settings.read_text()
    settings.write_text(
        f'[email]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nfrom = "Floor <floor@example.com>"\n'
    )
    yield kept, settings
    settings.write_text(text)
    server.stop()


def told(dialer, book: Book, *words: object) -> dict:
    said = dialer("--dir", book.root, "report", *words, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_a_client_sees_its_own_campaigns_and_every_span_can_be_said(dialer, book: Book):
    own = told(dialer, book, "--client", "evergreen", "--by", "campaign")
    assert [row[0] for row in own["tables"][0]["rows"]] == ["day", "dusk"]
    assert "night" not in json.dumps(own) and "rival" not in json.dumps(own)
    dials = {each["key"]: each["value"] for each in own["kpis"]}["dials"]
    assert dials == 120 == sum(row[1] for row in own["tables"][0]["rows"])
    days = [told(dialer, book, "--client", "evergreen", "--day", f"2026-{day}") for day in ("10-28", "11-01")]
    assert [day["since"][:13] for day in days] == ["2026-10-28T04", "2026-11-01T04"]
    assert days[1]["until"][:13] == "2026-11-02T05", "the clocks went back in the night: 25 hours"
    whole = told(dialer, book, "--all", "--month", "2026-11")
    assert whole["since"].startswith("2026-11-01T04") and whole["until"].startswith("2026-12-01T05")
    for words in (
        ("--client", "nobody"),
        ("day", "--all"),
        (),
        ("day", "--by", "moon"),
        ("day", "--day", "x", "--month", "2026-10"),
    ):
        assert dialer("--dir", book.root, "report", *words).code == 2
    said = dialer("--dir", book.root, "report", "day", "--by", "pass")
    assert said.code == 0 and "By pass" in said.out and "X / (B + X)" in said.out
    assert dialer("--dir", book.root, "report", "--all", "--month", "2026-01").code == 4


def test_a_workbook_holds_the_figures_and_no_formula(dialer, book: Book, tmp_path: Path):
    with book.store() as store, store.writing() as tx:
        tx.driver.execute("UPDATE contact_list SET file_name = '=HYPERLINK(1)' WHERE list_id = 1000")
    file = tmp_path / "x.xlsx"
    found = told(dialer, book, "day", "--by", "list", "--xlsx", file)
    sheets = openpyxl.load_workbook(file)
    assert sheets.sheetnames == [
        "Figures",
        "By list",
        "Abandonment under every definitio"[:31],
        "Refused by the gate",
        "Penetration",
        "Promises to pay",
        "Letters",
    ]
    cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"], "no cell is a formula"
    figures = {row[0]: row[1] for row in sheets["Figures"].iter_rows(values_only=True)}
    assert figures["Dials"] == {each["key"]: each["value"] for each in found["kpis"]}["dials"] == 60
    assert told(dialer, book, "day", "--xlsx", file)["format"] == "dialer.report/1"
    assert "By hour" in openpyxl.load_workbook(file).sheetnames or "By day" in openpyxl.load_workbook(file).sheetnames


def test_a_report_goes_by_mail_with_page_and_workbook(dialer, book: Book, box):
    kept, _ = box
    said = dialer(
        "--dir",
        book.root,
        "report",
        "--client",
        "evergreen",
        "--by",
        "day",
        "--email",
        "ann@example.com",
        "--email",
        "bob@example.com",
    )
    assert said.code == 0 and said.out == "", (said.out, said.err)
    ((to, raw),) = kept.messages
    message = email.message_from_bytes(raw, policy=default)
    assert to == ["ann@example.com", "bob@example.com"] and message["Subject"].startswith("client evergreen: dials")
    page, sheet = message.iter_attachments()
    assert page.get_content_type() == "text/html" and "X / (B + X)" in page.get_content()
    assert "Figures" in openpyxl.load_workbook(io.BytesIO(sheet.get_content())).sheetnames
    assert "Abandonment" in message.get_body(("plain",)).get_content()
    assert "+1212555" not in message.get_body(("plain",)).get_content().replace("+12125550101", "").replace(
        "+12125550102", ""
    )


def test_what_cannot_be_sent_is_one_line(dialer, book: Book, box, monkeypatch):
    kept, settings = box
    port = int(settings.read_text().split("port = ")[1].split()[0])

    def fails(to: str = "ann@example.com", **given: object) -> str:
        told = {"host": "127.0.0.1", "port": port, "tls": "none", "from": "f@example.com"} | given
        with pytest.raises(MailError) as caught:
            send(email_settings(told), [to], "s", "t")
        assert len(str(caught.value).splitlines()) == 1
        return str(caught.value)

    assert "nobody@example.com" in fails("nobody@example.com")
    assert "no e-mail address" in fails("a@example.com\r\nBcc: b@example.com")
    assert "STARTTLS" in fails(tls="starttls"), "never in the open where encryption was asked for"
    assert "in the open" in fails(host="mail.example.com")
    monkeypatch.delenv("DIALER_SMTP_PASSWORD", raising=False)
    assert "DIALER_SMTP_PASSWORD is not set" in fails(username="floor")
    assert "no answer" in fails(port=1)
    assert "email.prot" in fails(prot=25)
    settings.write_text("")
    said = dialer("--dir", book.root, "report", "day", "--email", "ann@example.com")
    assert said.code == 1 and "how to send e-mail" in said.err and len(said.err.strip().splitlines()) == 1
    assert kept.messages == []


def test_payments_are_imported_once_and_what_is_wrong_is_named(dialer, tmp_path: Path):
    book = Book(tmp_path / "w", *FLOOR)
    file = tmp_path / "paid.csv"
    file.write_text(
        "debt_id,account_id,amount,currency,paid_at,reference\n"
        "D1,,100.50,USD,2026-10-30,R1\n"
        "D1,,100.50,USD,2026-10-30,R1\n"  # the same payment told twice
        ",A7,20,usd,2026-10-31T23:30:00-05:00,\n"
        ",A7,20,usd,2026-10-31T23:30:00-05:00,\n"  # two equal payments
        "D2,,1e400,USD,2026-10-30,R2\n"
        "D2,,-5,USD,2026-10-30,R3\n"
        "D2,,5,US,2026-10-30,R4\n"
        "D2,,5,USD,30/10/2026,R5\n"
        ",,5,USD,2026-10-30,R6\n"
        "D3,,7,USD,2026-10-30,R1\n"  # a reference that names another payment
        "=1+1,,x,USD,2026-10-30,R7\n"
        "D1,5,USD\n"
    )
    words = ("--dir", book.root, "payments", "import", file, "--client", "evergreen", "--json")
    first, again = dialer(*words), dialer(*words)
    assert (first.code, again.code) == (1, 1)
    counts = [
        {key: json.loads(said.out)[key] for key in ("rows", "added", "known", "rejected")} for said in (first, again)
    ]
    assert counts[0] == {"rows": 12, "added": 3, "known": 1, "rejected": 8}
    assert counts[1] == {"rows": 12, "added": 0, "known": 4, "rejected": 8}
    rejects = Path(json.loads(first.out)["rejects"]).read_text().splitlines()
    assert [line.split(",")[0] for line in rejects] == ["line", "6", "7", "8", "9", "10", "11", "12", "13"]
    assert "'=1+1" in rejects[7] and "amount" in rejects[7]
    with book.store() as store, store.reading() as tx:
        rows = tx.driver.execute(
            "SELECT client, debt_id, account_id, amount, currency, paid_on FROM payment ORDER BY payment_id"
        ).fetchall()
    assert rows[0] == ("evergreen", "D1", "", "100.50", "USD", "2026-10-30")
    assert rows[1][2:] == rows[2][2:] == ("A7", "20", "USD", "2026-10-31")
    other = dialer("--dir", book.root, "payments", "import", file, "--campaign", "night", "--json")
    assert json.loads(other.out)["added"] == 3, "another client's books are its own"
    file.write_text("debt_id,amount\nD1,5\n")
    said = dialer("--dir", book.root, "payments", "import", file, "--client", "evergreen")
    assert said.code == 1 and "currency" in said.err
    assert dialer("--dir", book.root, "payments", "import", tmp_path / "none.csv", "--client", "evergreen").code == 1


def test_the_same_figures_on_every_screen(dialer, book: Book):
    from datetime import UTC, datetime
    from types import SimpleNamespace

    from dialer.runtime import campaign_jobs
    from dialer.web.api import reports as api

    since, until = datetime(2026, 10, 28, 20, 3, tzinfo=UTC), datetime(2026, 10, 31, 11, 7, tzinfo=UTC)
    words = ("day", "--since", since.isoformat(), "--until", until.isoformat())
    plain, grouped = told(dialer, book, *words), told(dialer, book, *words, "--by", "day")
    page = campaign_jobs.report(lambda *_: None, book.root, "day", since, until)
    with book.store() as store:
        campaign = book.workspace.campaign("day")
        guard = SimpleNamespace(store=store, at=lambda: datetime.now(UTC), campaign=lambda _, name: campaign)
        answered = json.loads(api._report(guard, None, "day", since, until))

    def figures(kpis: list[dict]) -> dict[str, float]:
        return {
            each["key"]: pytest.approx(each["value"], rel=1e-9) if each["value"] else each["value"] for each in kpis
        }

    wanted = figures(plain["kpis"])
    assert page.kpi("dials").value and page.kpi("kept_rate").denominator
    for found in (grouped["kpis"], answered["kpis"], [{"key": kpi.key, "value": kpi.value} for kpi in page.kpis]):
        assert {each["key"]: each["value"] for each in found} == wanted
    assert plain["tables"] == answered["tables"]
