"""Reports over millions of calls: counted by columns, beside the plain route of pandas over the database's rows.

scripts/bench reports                      seconds: 100,000 calls; does everything run, and do the two routes agree
scripts/bench reports --full --json FILE   ten million calls (about 8 GB of temporary files, a quarter of an hour)

A database in SQLite is filled with a made-up month: six campaigns of three clients, a tenth of the calls answered,
agents' changes, dispositions, refusals (one decision of the ledger for every ten calls). Indexes that no report reads
are left out to fill it sooner. Then, each in a process of its own: the first report, which also writes the closed days
to disk; the same again; reports by other groups; and the plain route, the frames and figures of
`dialer.runtime.reporting`, over as many calls of one campaign as a process can hold in a bearable time, whose figures
must be the columns' own. Times are by the wall clock; memory is the process's peak.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

__all__ = ["SUMMARY", "main"]

SUMMARY = "Reports over millions of calls: by columns, beside pandas over the database's rows"

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = 30
CAMPAIGNS = tuple((f"c{n}", f"client{n % 3}") for n in range(6))
GROUPS = ("day", "client", "list", "agent", "pass", "hour")
PLAIN = 500_000  # calls at the most
KEPT = (
    "ix_attempt_campaign",
    "ix_attempt_open",
    "ix_disposition_call_id",
    "ix_agent_change_campaign",
    "ix_ledger_campaign",
)


def main(argv: list[str]) -> int:
    """Measure, print, write where asked; 1 when the routes disagree."""
    if argv[:1] == ["--part"]:
        print(json.dumps(_part(Path(argv[1]), *argv[2:])))
        return 0
    parser = argparse.ArgumentParser(prog="scripts/bench reports", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--full", action="store_true", help="ten million calls")
    parser.add_argument("--quick", action="store_true", help="100,000 calls: the default")
    parser.add_argument("--calls", type=int, help="another number of calls")
    parser.add_argument("--folder", type=Path, help="where the temporary database goes")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    args = parser.parse_args(argv)
    calls = args.calls or (10_000_000 if args.full else 100_000)
    root = Path(tempfile.mkdtemp(prefix="bench-reports-", dir=args.folder))
    try:
        report = _measure(root, calls)
    finally:
        shutil.rmtree(root)
    if args.json is not None:
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return int(not report["agree"])


def _measure(root: Path, calls: int) -> dict[str, Any]:
    from machine import describe

    report: dict[str, Any] = {"machine": describe("duckdb", "pandas", "pyarrow"), "calls": calls, "runs": {}}
    began = time.perf_counter()
    _fill(root, calls)
    print(f"{calls:,} calls made up in {time.perf_counter() - began:.0f} s; {report['machine']}", flush=True)
    for name, words in [
        ("first report, writing closed days", ("columns", "all", "day")),
        *((f"by {group}", ("columns", "all", group)) for group in GROUPS),
        ("one campaign", ("columns", "c0", "")),
        ("one campaign, the plain span", ("columns", "c0", "", "plain")),
        ("plain route", ("plain", "c0")),
    ]:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).parent), "reports", "--part", str(root), *words],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        found = report["runs"][name] = json.loads(done.stdout)
        counted, took = found["figures"]["dials"], found["seconds"]
        print(f"{name:34} {counted:>12,.0f} calls {took:8.2f} s {found['memory_mb']:8,.0f} MB", flush=True)
    fast, plain = report["runs"]["one campaign, the plain span"], report["runs"]["plain route"]
    whole = report["runs"]["by day"]
    each = plain["seconds"] / plain["figures"]["dials"]
    report["ratio"] = each / (whole["seconds"] / whole["figures"]["dials"])
    report["agree"] = all(_same(fast["figures"][key], value) for key, value in plain["figures"].items())
    print(f"a call takes the plain route {report['ratio']:.0f} times as long; the routes agree: {report['agree']}")
    return report


def _same(one: float | None, other: float | None) -> bool:
    return one == other or (one is not None and other is not None and abs(one - other) <= 1e-9 * abs(other))


def _part(root: Path, kind: str, name: str, by: str = "", span: str = "") -> dict[str, Any]:
    """One run in this process: seconds from the open workspace to the finished report, peak memory, figures."""
    from machine import peak_memory_mb

    from campaigns.workspace import Workspace
    from dialer.runtime.reporting import Span
    from dialer.store.database import open_store

    workspace = Workspace.load(root)
    names = [each for each, _ in CAMPAIGNS] if name == "all" else [name]
    campaigns = [workspace.campaign(each) for each in names]
    share = 1.0
    if kind == "plain" or span == "plain":
        made = json.loads((root / "made.json").read_text()) / len(CAMPAIGNS)
        share = min(1.0, PLAIN / made)
    end = BEGIN + timedelta(days=max(1, round(DAYS * share)))
    whole = Span(BEGIN, end)
    with open_store(workspace.database_url) as store:
        began = time.perf_counter()
        if kind == "plain":
            figures = _plain(store, campaigns[0], whole)
        else:
            from dialer.runtime.breakdown import report_by

            figures = {kpi.key: kpi.value for kpi in report_by(workspace, store, campaigns, whole, by, name).kpis}
        took = time.perf_counter() - began
    return {"seconds": took, "memory_mb": peak_memory_mb(children=False), "figures": figures}


def _plain(store: Any, campaign: Any, span: Any) -> dict[str, Any]:
    """The plain route: rows of the database as frames, the same figures; without tables, plots and ledger."""
    from dialer.reports.calls import day_of
    from dialer.reports.kpis import all_kpis
    from dialer.reports.records import CampaignMeta, DayRecords
    from dialer.store import frames

    with store.reading() as tx:
        records = DayRecords(
            meta=CampaignMeta(
                name=campaign.name,
                client=campaign.client,
                scope=campaign.scope,
                zone=campaign.hours.timezone,
                since=span.since,
                until=span.until,
            ),
            attempts=frames.attempts(tx, campaign.name, span.since, span.until),
            dispositions=frames.dispositions(tx, campaign.name, span.since, span.until),
            agent_changes=frames.agent_changes(tx, campaign.name, span.since, span.until),
            campaign_changes=frames.campaign_changes(tx, campaign.name, span.since, span.until),
            refusals=frames.refusals(tx, campaign.name, span.since, span.until),
            leads=frames.leads_by_status(tx, campaign.name),
            tried=frames.tried(tx, campaign.name),
        )
    return {kpi.key: kpi.value for kpi in all_kpis(day_of(records).tally)}


CAMPAIGN = """
name = "{name}"
client = "{client}"
scope = "telemarketing"
[seller]
name = "Evergreen"
phone = "+12125550100"
message = "This was Evergreen, 212-555-0100, for telemarketing purposes. Press 9 to stop further calls."
[dialing]
caller_ids = ["+12125550101", "+12125550102"]
[hours]
timezone = "America/New_York"
mon_fri = ["09:00-21:00"]
[dispositions.SALE]
label = "Sale"
flags = ["contact", "right_party", "conversion", "final"]
[dispositions.NO]
label = "No"
flags = ["contact"]
[dispositions.DNC]
label = "Do not call again"
flags = ["contact", "opt_out"]
"""


def _fill(root: Path, calls: int) -> None:
    """Write the working folder and its month."""
    from campaigns.workspace import Workspace
    from dialer.store.database import open_store

    (root / "campaigns").mkdir()
    (root / "dialer.toml").write_text("")
    (root / "made.json").write_text(json.dumps(calls))
    for name, client in CAMPAIGNS:
        (root / "campaigns" / f"{name}.toml").write_text(CAMPAIGN.format(name=name, client=client))
    with open_store(Workspace.load(root).database_url, durable=False) as store:
        with store.writing() as tx:
            db = tx.driver
            indexes = db.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN"
                " ('attempt', 'disposition', 'agent_change', 'ledger', 'lead')"
            ).fetchall()
            for name, _ in indexes:
                db.execute(f"DROP INDEX {name}")
            for name, _ in db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall():
                db.execute(f"DROP TRIGGER {name}")
            db.execute("INSERT INTO place VALUES (1, 'x', '[\"US\", \"US-NY\"]', '[\"America/New_York\"]', 0)")
        for number, (name, client) in enumerate(CAMPAIGNS):
            _fill_campaign(store, number, name, client, calls // len(CAMPAIGNS))
        with store.writing() as tx:
            for name, text in indexes:
                if name in KEPT or name.startswith("ix_lead"):
                    tx.driver.execute(text)
            tx.driver.execute("ANALYZE")


def _fill_campaign(store: Any, number: int, name: str, client: str, calls: int) -> None:
    """One campaign's leads, calls, dispositions, agents' changes and decisions."""
    import numpy as np

    from dialer.store import schema

    dice = np.random.default_rng(number)
    leads = max(10, calls // 4)
    first, at = 10_000_000 * (number + 1), BEGIN
    with store.writing() as tx:
        for table, row in (
            (
                schema.campaign,
                {"name": name, "client": client, "scope": "telemarketing", "file_hash": "", "created_at": at},
            ),
            (schema.run, {"run_id": name, "campaign": name, "node": "n", "clock": "virtual", "started_at": at}),
        ):
            tx.connection.execute(table.insert(), [row])
        for n in range(2):
            row = {"list_id": first + n, "campaign": name, "file_name": f"f{n}.csv", "sha256": f"{name}{n}"}
            tx.connection.execute(
                schema.contact_list.insert(), [row | {"loaded_at": at, "loaded_by": "o", "funnel": {}}]
            )
        columns = "lead_id, campaign, list_id, line, language, external_id, person_id, debt_id, first_name, last_name, email, address, city, state, postal_code, country, timezone, owner, priority, consent_basis, consent_ref, consent_waives, custom, status, status_why, place_ids"  # noqa: E501
        blank = ("",) * 12
        tx.driver.executemany(
            f"INSERT INTO lead ({columns}) VALUES ({', '.join('?' * 26)})",
            (
                (first + n, name, first + n % 2, n, *blank, "", "", 0, "none", "", "[]", "{}", "waiting", "", "1")
                for n in range(leads)
            ),
        )
        tx.driver.execute(
            "INSERT INTO phone (phone_id, lead_id, campaign, position, number, kind, line_type, place_id)"
            f" SELECT lead_id, lead_id, campaign, 1, '+1' || lead_id, 'home', '', 1 FROM lead WHERE campaign = '{name}'"
        )
    names = np.array(["no_answer", "machine", "busy", "human", "abandoned", "failed", "hung_up_first", "cancelled"])
    for day in range(DAYS):
        count = calls * (day + 1) // DAYS - calls * day // DAYS
        placed = np.sort(dice.integers(13 * 3600 * 10**6, 23 * 3600 * 10**6, count)) + day * 86_400 * 10**6
        result = dice.choice(len(names), count, p=[0.45, 0.25, 0.1, 0.1, 0.003, 0.05, 0.007, 0.04])
        live = np.isin(result, (3, 4, 6))
        answered = placed + dice.integers(4, 20, count) * 10**6
        bridged = answered + dice.integers(0, 1_900_000, count)
        ended = answered + dice.integers(3, 120, count) * 10**6
        lead = first + dice.integers(0, leads, count)
        agent = dice.integers(0, 200, count)
        texts = [_texts(each) for each in (placed, answered, bridged, ended)]
        human = result == 3
        rows = (
            (
                f"{name}-{day}-{n}",
                name,
                name,
                client,
                lead_n,
                lead_n,
                f"+1{lead_n}",
                "",
                "",
                "",
                "predictive",
                "+12125550101" if n % 2 else "+12125550102",
                1,
                "simulated",
                "ended",
                kind,
                f"a{who}" if spoke else None,
                at_placed,
                at_placed,
                at_answered if is_live else None,
                at_bridged if spoke else None,
                at_ended,
                kind == "machine",
                1,
                1,
            )
            for n, (lead_n, kind, who, spoke, is_live, at_placed, at_answered, at_bridged, at_ended) in enumerate(
                zip(
                    lead.tolist(),
                    names[result].tolist(),
                    agent.tolist(),
                    human.tolist(),
                    live.tolist(),
                    *texts,
                    strict=True,
                )
            )
        )
        with store.writing() as tx:
            tx.driver.executemany(
                "INSERT INTO attempt (call_id, run_id, campaign, client, lead_id, phone_id, number, person_id, debt_id,"
                " subject, mode, caller_id, ledger_seq, carrier, state, result, agent_id, placed_at, ringing_at,"
                " answered_at, bridged_at, ended_at, amd_machine, message_played, counts)"
                f" VALUES ({', '.join('?' * 25)})",
                rows,
            )
            spoken = np.flatnonzero(human).tolist()
            tx.driver.executemany(
                "INSERT INTO disposition (call_id, agent_id, code, flags, at, notes) VALUES (?, ?, ?, ?, ?, '')",
                (
                    (
                        f"{name}-{day}-{n}",
                        f"a{agent[n]}",
                        "SALE",
                        '["contact", "conversion"]' if n % 9 == 0 else '["contact"]',
                        texts[3][n],
                    )
                    for n in spoken
                ),
            )
            tx.driver.executemany(
                "INSERT INTO agent_change (run_id, campaign, agent_id, state, at, code) VALUES (?, ?, ?, ?, ?, '')",
                (
                    (name, name, f"a{agent[n]}", state, when)
                    for n in spoken
                    for state, when in (("talking", texts[2][n]), ("ready", texts[3][n]))
                ),
            )
            (night,) = _texts(np.array([(day * 86_400 + 23 * 3600 + 300) * 10**6]))
            tx.driver.executemany(
                "INSERT INTO agent_change (run_id, campaign, agent_id, state, at, code)"
                " VALUES (?, ?, ?, 'offline', ?, '')",
                ((name, name, f"a{n}", night) for n in range(200)),
            )
            tx.driver.executemany(
                "INSERT INTO ledger (seq, at, campaign, number, allowed, code, body, prev_hash, hash)"
                " VALUES (?, ?, ?, '', ?, ?, '', '', '')",
                (
                    (
                        first + day * 1_000_000 // 3 + k,
                        texts[0][n],
                        name,
                        k % 10 > 0,
                        "ALLOW" if k % 10 else "DNC_NATIONAL",
                    )
                    for k, n in enumerate(range(0, count, 10))
                ),
            )


def _texts(micros: Any) -> list[str]:
    """Instants as the database writes them."""
    import numpy as np

    begin = np.datetime64(BEGIN.replace(tzinfo=None), "us")
    return [text.replace("T", " ") for text in np.datetime_as_string(begin + micros.astype("timedelta64[us]")).tolist()]
