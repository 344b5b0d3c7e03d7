"""A small world in a database: one campaign, a run, some leads. On SQLite always, on PostgreSQL where there is one."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from dialer.store import calls, campaigns, hopper, ledger, lists, open_store, runs
from dialer.store.lists import NewLead, NewPhone
from dnc.values import Check, Code, Place, Verdict

POSTGRES = os.environ.get("DIALER_TEST_POSTGRES")
NEW_YORK = Place(("US", "US-NY"), ("America/New_York",))
CALIFORNIA = Place(("US", "US-CA"), ("America/Los_Angeles",))


class World:
    """Shorthand for what most tests need."""

    at = datetime(2026, 3, 2, 15, tzinfo=UTC)
    new_york, california = NEW_YORK, CALIFORNIA

    def __init__(self, store):
        self.store = store

    def begin(self, campaign="spring", client="acme", run_id="run-1", scope="telemarketing"):
        with self.store.writing() as tx:
            campaigns.upsert(tx, campaign, client=client, scope=scope, file_hash="0" * 64, at=self.at)
            runs.start_run(tx, run_id, campaign=campaign, node="here", clock="virtual", at=self.at)
        return self

    def lead(self, line, *numbers, place=NEW_YORK, **more):
        phones = [n if isinstance(n, NewPhone) else NewPhone(n, place) for n in numbers]
        return NewLead(line=line, phones=phones or [NewPhone(f"+1212555{line:04d}", place)], **more)

    def load(self, *leads, campaign="spring", digest=None):
        return lists.insert_list(
            self.store, campaign, leads, file_name="list.csv", sha256=digest or uuid4().hex, at=self.at
        )

    def everywhere(self, tx, campaign="spring"):
        return [due.place_id for due in hopper.due_places(tx, campaign, self.at)]

    def lease(self, count=10, run_id="run-1", campaign="spring", at=None):
        with self.store.writing() as tx:
            return hopper.lease(tx, campaign, run_id, count, at or self.at, self.everywhere(tx, campaign))

    def verdict(self, *failed, at=None):
        checks = [Check(Code.HOURS_FEDERAL, "US.hours", True, "16 CFR 310.4(c)", "10:00 in America/New_York")]
        checks += [Check(code, "rule", False, "law", "seen") for code in failed]
        return Verdict(not failed, at or self.at, tuple(checks), None, {"rules": "1", "tzdata": "2026a"})

    def dial(self, phone_id, call_id, run_id="run-1", at=None, tx=None):
        """Place one call; with `tx` inside that transaction."""
        if tx is None:
            with self.store.writing() as own:
                return self.dial(phone_id, call_id, run_id, at, own)
        known = calls.call_facts(tx, phone_id)
        call = known.proposed("predictive")
        seq = ledger.append(tx, call, self.verdict(at=at), lead_id=known.lead_id, attempt=call_id)
        calls.insert_attempt(
            tx,
            known,
            call_id=call_id,
            run_id=run_id,
            mode="predictive",
            carrier="simulated",
            ledger_seq=seq,
            at=at or self.at,
        )
        return call

    def end(self, call_id, result="no_answer", at=None, **more):
        with self.store.writing() as tx:
            calls.update_attempt(tx, call_id, state="ended", result=result, ended_at=at or self.at, **more)


@pytest.fixture
def sqlite_path(tmp_path):
    return tmp_path / "dialer.db"


class Postgres:
    """Databases on a server of somebody else's; each is dropped after its test."""

    def __init__(self, address):
        self._server = make_url(address).set(drivername="postgresql+psycopg")
        self._engine = create_engine(self._server, isolation_level="AUTOCOMMIT")

    def make(self, like="template1"):
        """Give the address of a new database, a copy of another one."""
        name = f"dialer_test_{uuid4().hex[:12]}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self._server.set(database=name).render_as_string(hide_password=False)

    def drop(self, address):
        self._do(f"DROP DATABASE {make_url(address).database} WITH (FORCE)")

    def close(self):
        self._engine.dispose()

    def _do(self, statement):
        with self._engine.connect() as connection:
            connection.execute(text(statement))


@pytest.fixture(scope="session")
def postgres():
    if not POSTGRES:
        pytest.skip("no PostgreSQL: set DIALER_TEST_POSTGRES to the URL of a server where databases may be created")
    server = Postgres(POSTGRES)
    yield server
    server.close()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory):
    """A database with all tables and no rows. To copy it takes a twentieth of the time of its migrations."""
    path = tmp_path_factory.mktemp("migrated") / "dialer.db"
    open_store(str(path)).close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres):
    address = postgres.make()
    open_store(address).close()
    yield address
    postgres.drop(address)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, sqlite_path):
    """The address of an empty database, without tables."""
    if request.param == "sqlite":
        yield str(sqlite_path)
        return
    postgres = request.getfixturevalue("postgres")
    address = postgres.make()
    yield address
    postgres.drop(address)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, sqlite_path):
    """The address of a database with all tables and no rows."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), sqlite_path)
        yield str(sqlite_path)
        return
    postgres = request.getfixturevalue("postgres")
    address = postgres.make(make_url(request.getfixturevalue("migrated_postgres")).database)
    yield address
    postgres.drop(address)


@pytest.fixture
def store(url):
    with open_store(url, durable=False) as opened:
        yield opened


@pytest.fixture
def world(store):
    return World(store).begin()


@pytest.fixture
def elsewhere():
    """Start Python code in another process; its `sys.argv[1:]` are the arguments given."""
    started = []

    def start(code, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def world_class():
    return World
