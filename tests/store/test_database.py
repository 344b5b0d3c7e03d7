import os
import sqlite3
import stat
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

import dialer.store as package
from dialer.store import StoreBusy, StoreError, StoreNewer, campaigns, database, migration, open_store
from dialer.store.errors import explain
from dialer.store.schema import campaign, metadata

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)


def test_the_migrated_schema_is_exactly_the_metadata(store):
    with store.reading() as tx:
        context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        inspector = inspect(tx.connection)
        for table in metadata.tables.values():
            found = {index["name"]: index for index in inspector.get_indexes(table.name)}
            for index in table.indexes:
                assert found[index.name]["column_names"] == [column.name for column in index.columns]
                assert bool(found[index.name]["unique"]) == bool(index.unique)


def test_partial_indexes_are_partial_in_the_database(sqlite_path):
    with open_store(sqlite_path) as store, store.reading() as tx:
        sql = tx.connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'uq_attempt_live_lead'")).scalar()
    assert sql.endswith("WHERE state != 'ended'")


def test_a_fresh_database_is_created_quickly(sqlite_path):
    open_store(":memory:").close()  # imports
    started = time.process_time()
    open_store(sqlite_path).close()
    assert time.process_time() - started < 0.5


def test_opening_again_changes_nothing(empty_url):
    open_store(empty_url).close()
    with open_store(empty_url) as store:
        assert not migration.migrate(store)
        with store.reading() as tx:
            assert migration.revision(tx.connection) == migration.head()


def test_the_versions_found_by_name_are_alembics(sqlite_path):
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "dialer.store:migrations")
    script = ScriptDirectory.from_config(config)
    assert script.get_current_head() == migration.head()
    assert {found.revision for found in script.walk_revisions()} == set(migration.revisions())


def test_downgrading_leaves_an_empty_database(store):
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "dialer.store:migrations")
    with store.writing() as tx:
        config.attributes["connection"] = tx.connection
        command.downgrade(config, "base")
        assert inspect(tx.connection).get_table_names() == ["alembic_version"]


def test_a_database_of_a_newer_version_is_refused(empty_url):
    with open_store(empty_url) as store, store.writing() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreNewer, match=r"written by a newer version of the dialer \(revision 9999"):
        open_store(empty_url)


def test_an_older_database_is_refused_when_it_may_not_be_changed(empty_url):
    with pytest.raises(StoreError, match="is empty; open it once with permission to upgrade it"):
        open_store(empty_url, upgrade=False)
    open_store(empty_url).close()
    open_store(empty_url, upgrade=False).close()


def test_a_file_that_is_no_database_is_refused(sqlite_path):
    sqlite_path.write_text("phone,first_name\n" * 100)
    with pytest.raises(StoreError, match="is not a dialer database; give another path"):
        open_store(sqlite_path)
    assert sqlite_path.read_text().startswith("phone")


def test_a_database_of_something_else_is_refused(sqlite_path):
    other = sqlite3.connect(sqlite_path)
    other.execute("CREATE TABLE invoices (number TEXT)")
    other.close()
    with pytest.raises(StoreError, match=r"holds tables of something else \(invoices\)"):
        open_store(sqlite_path)


def test_a_missing_folder_and_a_folder_are_refused(tmp_path):
    with pytest.raises(StoreError, match="does not exist; create it first"):
        open_store(tmp_path / "nowhere" / "dialer.db")
    with pytest.raises(StoreError, match="is a folder"):
        open_store(tmp_path)


@pytest.mark.parametrize("address", ["mysql://host/name", "nonsense://"])
def test_an_unknown_kind_of_database_is_refused(address):
    with pytest.raises(StoreError):
        open_store(address)


def test_an_unreachable_server_is_one_sentence_without_the_password():
    with pytest.raises(StoreBusy) as caught:
        open_store("postgresql://dialer:secret@127.0.0.1:1/dialer")
    assert "secret" not in str(caught.value)
    assert "not available now" in str(caught.value)


def test_a_locked_database_is_one_sentence(sqlite_path, monkeypatch):
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    with open_store(sqlite_path) as store:
        other = sqlite3.connect(sqlite_path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="is locked by another process"), store.writing():
            pass
        other.execute("ROLLBACK")
        other.close()
        with store.writing() as tx:
            campaigns.upsert(tx, "c", client="a", scope="research", file_hash="", at=AT)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything; `test_the_drivers_words` has the sentence")
def test_a_read_only_file_is_one_sentence(sqlite_path):
    open_store(sqlite_path).close()
    sqlite_path.chmod(0o400)
    with pytest.raises(StoreError, match="cannot be written: give this user write permission"):
        open_store(sqlite_path)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("attempt to write a readonly database", "x cannot be written: give this user write permission"),
        ("database disk image is malformed", "x is damaged; restore it from the last backup"),
        ("database or disk is full", "the disk of x is full"),
        ("unable to open database file", "x cannot be opened"),
        ("no such table: lead", "x lacks a table"),
    ],
)
def test_the_drivers_words_become_a_sentence_that_says_what_to_do(said, sentence):
    assert str(explain(sqlite3.OperationalError(said), "x")).startswith(sentence)


def test_the_file_is_readable_by_its_owner_only(sqlite_path):
    open_store(sqlite_path).close()
    assert stat.S_IMODE(sqlite_path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)])
def test_sqlite_is_set_up_for_many_readers_and_lasting_commits(sqlite_path, durable, level):
    with open_store(sqlite_path, durable=durable) as store, store.reading() as tx:

        def pragma(name):
            return tx.connection.execute(text(f"PRAGMA {name}")).scalar()

        assert pragma("journal_mode") == "wal"
        assert pragma("synchronous") == level
        assert pragma("foreign_keys") == 1
        assert pragma("busy_timeout") == 10_000


def test_many_processes_may_open_the_same_new_database_at_once(empty_url, elsewhere):
    code = "import sys; from dialer.store import open_store; open_store(sys.argv[1]).close(); print('open')"
    processes = [elsewhere(code, empty_url) for _ in range(4)]
    assert [process.communicate()[0].strip() for process in processes] == ["open"] * 4


def test_an_exception_undoes_the_whole_transaction(store):
    with pytest.raises(RuntimeError), store.writing() as tx:
        campaigns.upsert(tx, "c", client="a", scope="research", file_hash="", at=AT)
        raise RuntimeError
    with store.reading() as tx:
        assert campaigns.get(tx, "c") is None


def test_a_reader_sees_one_state_while_another_writes(store):
    if store.name == ":memory:":
        pytest.skip("one transaction at a time")
    with store.reading() as reading:
        assert campaigns.every(reading) == []
        with store.writing() as tx:
            campaigns.upsert(tx, "c", client="a", scope="research", file_hash="", at=AT)
        assert campaigns.every(reading) == []
    with store.reading() as reading:
        assert [found.name for found in campaigns.every(reading)] == ["c"]


def test_instants_come_back_as_utc_and_naive_ones_are_refused(store):
    eastern = datetime(2026, 3, 2, 10, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-5)))
    with store.writing() as tx:
        campaigns.upsert(tx, "c", client="a", scope="research", file_hash="", at=eastern)
    with store.reading() as tx:
        prepared = campaigns.get(tx, "c").created_at
        executed = tx.connection.execute(select(campaign.c.created_at)).scalar_one()
    assert prepared == executed == eastern
    assert prepared.tzinfo is executed.tzinfo is UTC
    naive = datetime(2026, 3, 2)  # noqa: DTZ001
    with pytest.raises(ValueError, match="an instant without a zone cannot be stored"), store.writing() as tx:
        campaigns.upsert(tx, "d", client="a", scope="research", file_hash="", at=naive)
    with store.reading() as tx:
        assert campaigns.get(tx, "d") is None


def test_a_store_in_memory_works_like_one_in_a_file():
    with open_store(package.MEMORY) as store:
        with store.writing() as tx:
            campaigns.upsert(tx, "c", client="a", scope="research", file_hash="", at=AT)
        with store.reading() as tx:
            assert campaigns.get(tx, "c").client == "a"


def test_the_public_names_are_pinned():
    assert package.__all__ == [
        "MEMORY",
        "Reading",
        "Store",
        "StoreBusy",
        "StoreConflict",
        "StoreError",
        "StoreNewer",
        "Writing",
        "open_store",
    ]


def test_opening_a_store_needs_no_pandas(sqlite_path, elsewhere):
    code = (
        "import sys\nfrom dialer.store import open_store\nopen_store(sys.argv[1]).close()\n"
        "print([name for name in ('pandas', 'numpy') if name in sys.modules])"
    )
    assert elsewhere(code, sqlite_path).communicate()[0].strip() == "[]"
