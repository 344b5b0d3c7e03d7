"""A world with something of everything: worked lists, ledgers, answers of the RND, blocks, people with two numbers."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from world import NOON, World, make_world

from dialer.store import blocks, calls, consents, hopper, ledger, lists, runs, suppressions
from dialer.store.consents import Statement
from dialer.store.lists import NewLead, NewPhone
from dnc.places import place_of
from dnc.registries import RegistryStore
from dnc.values import Address, Block, Check, Code, Consent, Verdict

PEOPLE = 1000


def busy_world(root: Path, **campaign: object) -> World:
    """A worked list of more than a thousand numbers; `campaign` is what differs from the standard campaign."""
    world = make_world(root, people=PEOPLE, **campaign)
    _more_people(world)
    _answers(world)
    _ledgers(world)
    _past(world)
    return world


def _more_people(world: World) -> None:
    """People who moved, people with a person's id and two numbers, people with a business relationship."""
    leads = []
    spot = iter(range(1, 1000))
    for area, address in (
        ("212", Address("US", "TX", "", "75201", "")),
        ("214", Address("US", "FL", "", "33101", "")),
        ("305", Address("US", "NY", "", "10001", "")),
        ("615", Address("US", "OK", "", "73101", "")),
    ):
        for line in range(60, 95):
            one = f"+1{area}556{line:04d}"
            n = next(spot)
            world.numbers.append(one)
            leads.append(
                NewLead(
                    line=n,
                    phones=[
                        NewPhone(
                            one,
                            place_of(one, address),
                            kind="work" if n % 5 == 0 else "home",
                            line_type="fixed" if n % 3 else "mobile",
                        )
                    ],
                    person_id=f"q{n // 2}" if n % 3 else "",
                    debt_id=f"d{n}",
                    consent_basis="pewc" if n % 4 else "revoked" if n % 8 else "none",
                    consent_at=NOON - timedelta(days=n) if n % 7 else NOON + timedelta(hours=5),
                    consent_revoked_at=NOON - timedelta(days=2 * n) if n % 9 == 0 else NOON if n % 11 == 0 else None,
                    consent_waives=("written_permission",) if n % 6 == 0 else (),
                    last_transaction=(NOON - timedelta(days=20 * n)).date() if n % 2 else None,
                    last_inquiry=(NOON - timedelta(days=n)).date() if n % 3 == 0 else None,
                )
            )
    with world.store() as store:
        lists.insert_list(store, world.campaign.name, leads, file_name="more.csv", sha256="1" * 64, at=NOON)
    folder = world.root / "registries"
    moved = [one[2:] for one in world.numbers[-140::6]]
    national = world.root / "more.txt"
    national.write_text("".join(f"{one[:3]},{one[3:]}\n" for one in moved))
    for registry, form in (
        ("US-TX.state", "us_state.flat_full"),
        ("US-OK.state", "us_state.flat_full"),
        ("US.ndnc", "us_ndnc.flat_full"),
    ):
        said = RegistryStore(folder).import_file(
            national,
            form,
            registry="" if registry == "US.ndnc" else registry,
            obtained_at=NOON - timedelta(hours=20),
            mode="merge",
        )
        assert said.accepted, said


def _answers(world: World) -> None:
    """Answers of the Reassigned Numbers Database for some numbers, those of Maine among them."""
    chosen = world.numbers[3::17] + [one for one in world.numbers if one[2:5] == "207"]
    file = world.root / "rnd.csv"
    words = ("no", "yes", "no_data")
    file.write_text("".join(f"{one[2:]},2026-05-04,{words[n % 3]}\n" for n, one in enumerate(chosen)))
    said = RegistryStore(world.root / "registries").import_file(
        file, "us_rnd.response", obtained_at=NOON - timedelta(hours=30)
    )
    assert said.accepted, said


def _ledgers(world: World) -> None:
    """Consents, revocations, blocks, and entries of the internal lists that ran out or were taken back."""
    client, numbers = world.campaign.client, world.numbers
    early, late = NOON - timedelta(days=40), NOON - timedelta(days=3)
    words = {"by": "officer", "at": NOON - timedelta(days=1)}
    with world.store() as store, store.writing() as tx:
        for n, one in enumerate(numbers[2::11]):
            rows = [
                [Consent("pewc", early)],
                [Consent("pewc", early), Consent("revoked", None, late)],
                [Consent("revoked", None, early), Consent("express", late, waives=("written_permission",))],
                [Consent("revoked")],
                [],
                [Consent("pewc", NOON + timedelta(hours=3))],
            ][n % 6]
            scopes = ("research",) if n % 5 == 0 else ("telemarketing", "research") if n % 5 == 1 else ()
            owner = "" if n % 6 == 3 else client if n % 7 else "somebody-else"
            said = [Statement(one, owner, each, scopes, "web") for each in rows]
            consents.record_new(tx, said, **words)
        for n, one in enumerate(numbers[4::29]):
            suppressions.add(
                tx, one, reason="asked", source="call", expires_at=NOON + timedelta(days=n % 7 - 3), **words
            )
            if n % 3 == 0:
                suppressions.remove(tx, one, reason="asked back", source="letter", **words)
        for n, one in enumerate(numbers[6::31]):
            hours = (("08:00-14:00",), ("21:00-09:00", "12:00-12:30"), ())[n % 3]
            until = NOON + timedelta(hours=6) if n % 4 == 0 else None
            blocks.add(
                tx, one, Block(Code.INCONVENIENT_TIME, "", hours, (2, 3) if n % 2 and hours else (), until), **words
            )
        blocks.add(tx, numbers[40], Block(Code.INCONVENIENT_TIME, "", ("noon",)), **words)
        blocks.add(tx, "US-WA", Block(Code.EMERGENCY_SUSPENSION, "storm", until=NOON + timedelta(hours=9)), **words)
        lifted = blocks.add(tx, "US-NV", Block(Code.EMERGENCY_SUSPENSION, "flood"), **words)
        blocks.lift(tx, lifted, reason="over", **words)


def _past(world: World) -> None:
    """Calls of the last weeks, of this campaign and of another one of the client, to the same people."""
    yes = Verdict(True, NOON, (Check(Code.HOURS_FEDERAL, "US.hours", True, "law", "seen"),), None, {})
    name = world.campaign.name
    with world.store() as store, store.writing() as tx:
        runs.start_run(tx, "past", campaign=name, node="here", clock="virtual", at=NOON - timedelta(days=30))
        frame = [row[0] for row in tx.driver.execute("SELECT phone_id FROM phone ORDER BY phone_id")]
        for n, phone_id in enumerate(frame):
            for k in range((0, 1, 2, 3, 4)[n % 5] if n % 2 else 0):
                at = NOON - timedelta(hours=(1, 4, 9, 40)[k] + n % 13, minutes=n % 60)
                known = calls.call_facts(tx, phone_id)
                call_id = uuid4().hex
                seq = ledger.append(tx, known.proposed("predictive"), yes, lead_id=known.lead_id, attempt=call_id)
                calls.insert_attempt(
                    tx, known, call_id=call_id, run_id="past", mode="predictive", carrier="simulated",
                    ledger_seq=seq, at=at, subject="" if n % 3 else "renewal",
                )  # fmt: skip
                result = ("human", "busy", "abandoned", "no_answer", "machine")[(n + k) % 5]
                more = {"bridged_at": at, "answered_at": at} if result == "human" else {}
                calls.update_attempt(
                    tx, call_id, state="ended", result=result, ended_at=at + timedelta(minutes=3),
                    amd_machine=result == "machine", **more,
                )  # fmt: skip
                if result == "human" and n % 3 == 0:
                    calls.add_disposition(tx, call_id, agent_id="ann", code="NO", flags=["contact", "refusal"], at=at)
        leads = [row[0] for row in tx.driver.execute("SELECT lead_id FROM lead ORDER BY lead_id")]
        for n, lead_id in enumerate(leads[::19]):
            hopper.set_lead(
                tx,
                lead_id,
                ("done", "waiting", "blocked")[n % 3],
                NOON + timedelta(hours=n % 40) if n % 3 == 1 else None,
                "told so",
            )
        hopper.mark_phone_bad(tx, frame[50], "not in service")
