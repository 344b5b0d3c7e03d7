"""The house of the month: three client companies, six campaigns of different purposes, their lists, the registries.

EVERY NUMBER IS FICTITIOUS: area code, 555, line; see `scripts/make_sample`, which tells why lines other than 0100 to
0199 are safe too, and why three are left out.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from campaigns.workspace import init_workspace

__all__ = ["AREAS", "CAMPAIGNS", "FIRST_DAY", "LAST_DAY", "ZONE", "Line", "Truth", "build", "crontab"]

#: Daylight saving time ends on Sunday, November 1; holidays are November 11 (a Wednesday) and 26 (Thanksgiving).
FIRST_DAY, LAST_DAY = date(2026, 10, 28), date(2026, 11, 26)
ZONE = "America/New_York"

#: Area codes of the lists with their states.
AREAS = {
    "212": "NY",
    "305": "FL",
    "850": "FL",
    "615": "TN",
    "312": "IL",
    "602": "AZ",
    "206": "WA",
    "401": "RI",
    "918": "OK",
    "605": "SD",
    "214": "TX",
    "801": "UT",
    "702": "NV",
    "928": "AZ",
    "215": "PA",
    "907": "AK",
}
STATE_LISTS = ("FL", "OK", "PA", "TN", "TX")
_NEVER = frozenset({1212, 1313, 4334})
_FIRST = ("Ann", "Bob", "Carol", "David", "Elena", "Frank", "Grace", "Henry", "Irene", "James", "Karen", "Luis")
_LAST = ("Smith", "Johnson", "Garcia", "Brown", "Jones", "Miller", "Davis", "Lopez", "Wilson", "Moore", "Taylor")


@dataclass(frozen=True)
class Line:
    """One campaign of the month.

    Attributes:
        share: of all leads.
        early, late: agents of the two shifts.
        opens, closes: on the campaign's clock, Monday to Saturday (and Sunday where `sundays`).
    """

    name: str
    client: str
    scope: str
    mode: str
    share: float
    early: int
    late: int
    opens: str
    closes: str
    answer_rate: float
    talk_mean: float
    sundays: bool = False
    holidays_closed: bool = False
    debts: bool = False
    caps: str = "per_day = 2\nper_hours = [{ count = 3, hours = 24 }, { count = 6, hours = 168 }]\nlifetime = 8"


CAMPAIGNS: tuple[Line, ...] = (
    Line("aurora-solar", "aurora", "telemarketing", "predictive", 0.25, 6, 6, "09:00", "20:30", 0.30, 160.0),
    Line("aurora-welcome", "aurora", "informational", "progressive", 0.08, 2, 2, "10:00", "19:00", 0.45, 200.0,
         holidays_closed=True),
    Line("borealis-debts", "borealis", "debt_collection", "predictive", 0.22, 5, 5, "09:00", "20:30", 0.25, 210.0,
         debts=True),
    Line("borealis-early", "borealis", "debt_collection", "progressive", 0.10, 2, 2, "10:00", "20:00", 0.35, 150.0,
         debts=True, holidays_closed=True),
    Line("cygnus-gifts", "cygnus", "charity", "predictive", 0.20, 3, 3, "10:00", "20:30", 0.30, 170.0, sundays=True),
    Line("cygnus-survey", "cygnus", "research", "ratio", 0.15, 2, 2, "10:00", "20:00", 0.35, 240.0, sundays=True),
)  # fmt: skip


@dataclass
class Truth:
    """What the house knows of its people, for the auditor.

    Attributes:
        national: numbers on the national registry.
        states: state -> numbers on its own registry.
        consented: campaign -> numbers with a written consent, dated before the month.
        never: campaign -> number -> why nobody may ever call it there.
        debts: number -> debts it stands for.
        rows: campaign -> rows of its lists.
    """

    national: set[str] = field(default_factory=set)
    states: dict[str, set[str]] = field(default_factory=dict)
    consented: dict[str, set[str]] = field(default_factory=dict)
    never: dict[str, dict[str, str]] = field(default_factory=dict)
    debts: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def save(self, file: Path) -> None:
        """Write it down: the month is audited by another process than the one that lived it."""
        file.write_text(json.dumps(asdict(self), default=sorted), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Truth:
        """Read what `save` wrote."""
        raw: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        raw["national"] = set(raw["national"])
        for key in ("states", "consented"):
            raw[key] = {name: set(numbers) for name, numbers in raw[key].items()}
        return cls(**raw)


def build(root: Path, leads: int, seed: int) -> Truth:
    """Make the working folder: settings, campaign files, contact lists (four deliveries each), registry files."""
    init_workspace(root)
    for sample in (root / "campaigns").glob("*.toml"):
        sample.unlink()
    for place, line in enumerate(CAMPAIGNS):
        (root / "campaigns" / f"{line.name}.toml").write_text(_campaign(line, place), encoding="utf-8")
    truth, rng = Truth(), random.Random(seed)
    pool = [f"{area}555{line:04d}" for area in AREAS for line in range(10_000) if line not in _NEVER]
    truth.national = {f"+1{each}" for each in pool if rng.random() < 0.12}
    truth.states = {
        state: {f"+1{each}" for each in pool if AREAS[each[:3]] == state and rng.random() < 0.04}
        for state in STATE_LISTS
    }
    _registries(root / "registries-in", truth)
    incoming = root / "incoming"
    incoming.mkdir()
    for line in CAMPAIGNS:
        wanted = min(round(leads * line.share), len(pool))
        _lists(incoming, line, rng.sample(pool, wanted), rng, truth)
    return truth


def _lists(folder: Path, line: Line, numbers: Sequence[str], rng: random.Random, truth: Truth) -> None:
    """Write the campaign's people in four deliveries, the last row of each with something wrong."""
    columns = ["external_id", "phone", "first_name", "last_name", "state", "country", "priority", "consent_basis",
               "consent_at", "consent_ref"]  # fmt: skip
    if line.debts:
        columns += ["account_id", "debt_id", "creditor", "balance", "currency", "due_date", "attorney", "cease"]
    consented = truth.consented.setdefault(line.name, set())
    never = truth.never.setdefault(line.name, {})
    truth.rows[line.name] = len(numbers)
    debt = ""
    for part in range(4):
        with (folder / f"{line.name}-{part + 1}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            for row, digits in enumerate(numbers[part::4]):
                number, key = f"+1{digits}", f"{line.name}-{part}-{row}"
                made = {
                    "external_id": key, "phone": digits, "first_name": rng.choice(_FIRST),
                    "last_name": rng.choice(_LAST), "state": AREAS[digits[:3]], "country": "US",
                    "priority": str(rng.randrange(10)),
                }  # fmt: skip
                if line.scope == "telemarketing" and rng.random() < 0.7:
                    given = FIRST_DAY - timedelta(days=rng.randrange(20, 300))
                    made |= {"consent_basis": "pewc", "consent_at": f"{given}T15:00:00Z", "consent_ref": f"form-{key}"}
                    consented.add(number)
                if line.debts:
                    # Every twentieth row owes the same debt as the row before: two people, one count.
                    debt = debt if debt and rng.random() < 0.05 else f"D-{key}"
                    truth.debts.setdefault(number, []).append(debt)
                    attorney, cease = rng.random() < 0.01, rng.random() < 0.01
                    if attorney or cease:
                        never[number] = "has an attorney" if attorney else "asked that contact cease"
                    made |= {
                        "account_id": f"A-{key}", "debt_id": debt, "creditor": "Harbor Power",
                        "balance": f"{rng.randrange(5_000, 400_000) / 100:.2f}", "currency": "USD",
                        "due_date": f"{FIRST_DAY - timedelta(days=rng.randrange(30, 400))}",
                        "attorney": "Y" if attorney else "", "cease": "Y" if cease else "",
                    }  # fmt: skip
                writer.writerow(made)
            writer.writerow({"external_id": "broken", "phone": "555-01"})


def _registries(folder: Path, truth: Truth) -> None:
    """Write the national list and the states', in the flat layout; a number nobody has keeps each area code covered."""
    folder.mkdir()
    for name, numbers in {
        "us_ndnc": truth.national,
        **{f"US-{each}": truth.states[each] for each in STATE_LISTS},
    }.items():
        lines = sorted({each[2:] for each in numbers} | {f"{area}5554334" for area in AREAS})
        text = "".join(f"{each[:3]},{each[3:]}\r\n" for each in lines)
        (folder / f"{name}.txt").write_text(text, encoding="ascii", newline="")


def crontab() -> list[str]:
    """The lines of the house's crontab, on the clock of `ZONE`."""
    lines = ["30 5 1,15,28 * * dialer dnc import registries-in/us_ndnc.txt --format us_ndnc"]
    lines += [
        f"40 5 1,15,28 * * dialer dnc import registries-in/US-{state}.txt --format us_state --registry US-{state}.state"
        for state in STATE_LISTS
    ]
    for line in CAMPAIGNS:
        hour, minute = line.opens.split(":")
        days = "*" if line.sundays else "1-6"
        # Four deliveries: at the beginning, and on the first three Mondays, one of them while the floor dials.
        lines += [
            f"0 6 28 10 * dialer lists load incoming/{line.name}-1.csv --campaign {line.name}",
            f"0 6 2 11 * dialer lists load incoming/{line.name}-2.csv --campaign {line.name}",
            f"15 11 9 11 * dialer lists load incoming/{line.name}-3.csv --campaign {line.name}",
            f"0 6 16 11 * dialer lists load incoming/{line.name}-4.csv --campaign {line.name}",
            f"{int(minute)} {int(hour)} * * {days} dialer run {line.name} --until {line.closes}",
            # A second line that somebody forgot: the run that is there already must not be doubled.
            f"{int(minute)} {int(hour) + 1} * * 3 dialer run {line.name} --until {line.closes}",
        ]
    lines += [f"0 22 * * 0 dialer report {line.name} --html reports/{line.name}.html" for line in CAMPAIGNS]
    lines += ["30 23 * * 0 dialer audit verify"]
    return lines


_CAMPAIGN = """
name = "{name}"
client = "{client}"
title = "{name}"
scope = "{scope}"
country = "US"

[seller]
name = "{seller}"
phone = "+12125550{phone}"
message = "This was {seller}, 212-555-0{phone}{purpose}. Press 9 to stop further calls."

[dialing]
mode = "{mode}"
lines_per_agent = 1.2
caller_ids = ["+12125550{phone}", "+12125550{other}"]
lines = 200
calls_per_second = 10.0

[hours]
timezone = "{zone}"
mon_fri = ["{opens}-{closes}"]
sat = ["{opens}-{closes}"]
sun = [{sunday}]
holidays_closed = {holidays_closed}

[caps]
{caps}

[dispositions.DONE]
label = "Agreed"
key = 1
flags = ["contact", "right_party", "conversion", "final"]
[dispositions.PROMISE]
label = "Promise"
key = 2
flags = ["contact", "right_party", "promise"]
recycle_after_minutes = 20160
[dispositions.NO]
label = "Does not want to"
key = 3
flags = ["contact", "right_party", "refusal"]
[dispositions.LATER]
label = "Call back"
key = 4
flags = ["contact", "right_party", "callback"]
[dispositions.OTHER]
label = "Somebody else answered"
key = 5
flags = ["contact"]
recycle_after_minutes = 2880
[dispositions.WRONG]
label = "Wrong number"
key = 6
flags = ["contact", "wrong_number"]
[dispositions.ATTORNEY]
label = "Has an attorney"
key = 7
flags = ["contact", "right_party", "attorney"]
[dispositions.CEASE]
label = "Cease all contact"
key = 8
flags = ["contact", "right_party", "cease"]
[dispositions.DNC]
label = "Do not call again"
key = 9
flags = ["contact", "opt_out"]
[dispositions.MACHINE]
label = "Machine"
flags = ["machine"]

[simulation]
zone = "{zone}"
seed = {seed}
agents = {agents}
answer_rate = {answer_rate}
lead_spread = 0.5
machine_share = 0.3
unreachable_share = 0.11
talk_mean = {talk_mean}
wrap_up_mean = 20.0
by_hour = {{ 10 = 0.85, 11 = 0.85, 17 = 1.15, 18 = 1.25, 19 = 1.2 }}
"""


def _campaign(line: Line, place: int) -> str:
    return _CAMPAIGN.format(
        name=line.name,
        client=line.client,
        scope=line.scope,
        mode=line.mode,
        seller=line.client.capitalize(),
        phone=f"{110 + 2 * place}",
        other=f"{111 + 2 * place}",
        zone=ZONE,
        opens=line.opens,
        closes=line.closes,
        purpose=", for telemarketing purposes" if line.scope == "telemarketing" else "",
        sunday=f'"{line.opens}-{line.closes}"' if line.sundays else "",
        holidays_closed=str(line.holidays_closed).lower(),
        caps=line.caps,
        seed=place + 1,
        agents=line.early + line.late,
        answer_rate=line.answer_rate,
        talk_mean=line.talk_mean,
    )
