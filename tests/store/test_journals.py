from datetime import timedelta

from dialer.store import agents, campaigns, health, runs


def test_a_campaign_is_written_once_and_kept_up_to_date(world):
    with world.store.writing() as tx:
        campaigns.upsert(tx, "spring", client="acme", scope="research", file_hash="1" * 64, at=world.at)
        found = campaigns.get(tx, "spring")
        assert (found.scope, found.file_hash, found.created_at) == ("research", "1" * 64, world.at)
        assert [one.name for one in campaigns.every(tx)] == ["spring"]
        assert campaigns.get(tx, "autumn") is None


def test_a_run_ends_once(world):
    with world.store.writing() as tx:
        assert [run.run_id for run in runs.unended(tx, "spring")] == ["run-1"]
        assert runs.end_run(tx, "run-1", at=world.at, why="drained")
        assert not runs.end_run(tx, "run-1", at=world.at, why="again")
        assert runs.unended(tx, "spring") == []
        assert runs.get(tx, "run-1").ended_why == "drained"
        assert runs.get(tx, "run-9") is None


def test_the_last_runs_come_newest_first(world):
    with world.store.writing() as tx:
        for n in (2, 3):
            at = world.at + timedelta(hours=n)
            runs.start_run(tx, f"run-{n}", campaign="spring", node="here", clock="real", at=at, seed=n)
        assert [run.run_id for run in runs.latest(tx, "spring", 2)] == ["run-3", "run-2"]


def test_agents_are_added_once_and_renamed(world):
    with world.store.writing() as tx:
        assert agents.add(tx, "ann", "Ann", world.at)
        assert not agents.add(tx, "ann", "Ann B.", world.at)
        assert agents.get(tx, "ann").name == "Ann B."
        assert agents.get(tx, "bob") is None
        assert [one.agent_id for one in agents.every(tx)] == ["ann"]


def test_the_last_state_of_a_campaign_is_known(world):
    with world.store.writing() as tx:
        assert health.last_change(tx, "spring") is None
        for state in ("running", "paused"):
            health.campaign_changed(tx, run_id="run-1", campaign="spring", state=state, why="x", at=world.at)
        assert health.last_change(tx, "spring") == health.CampaignChange("run-1", "paused", "x", world.at)


def test_what_the_pacer_learned_comes_back(world):
    with world.store.writing() as tx:
        assert health.load_pacer_state(tx, "spring") is None
        health.save_pacer_state(tx, "spring", {"answers": [1, 2]}, 12.5)
        health.save_pacer_state(tx, "spring", {"answers": [1, 2, 3]}, 13.25)
        assert health.load_pacer_state(tx, "spring") == ({"answers": [1, 2, 3]}, 13.25)
