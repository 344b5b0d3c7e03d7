"""A working folder is found, made once, and tells what is wrong with its settings."""

import os
import re
import shutil
from pathlib import Path

import pytest

from campaigns.files import Campaign
from campaigns.scripts import render
from campaigns.workspace import Settings, Workspace, WorkspaceError, init_workspace
from dialer.pacing.policy import PacingPolicy

#: Columns that every lead has (`dialer.store.schema.lead`) and those the collections list brings.
STANDARD = dict.fromkeys(
    ["first_name", "last_name", "email", "address", "city", "state", "postal_code", "country", "language"], ""
)
COLLECTIONS = STANDARD | {
    "account_id": "12345678", "creditor": "Shop", "balance": 120.5, "currency": "USD", "due_date": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in [name for name in os.environ if name.upper().startswith("DIALER_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path) -> Path:
    init_workspace(tmp_path / "floor")
    return tmp_path / "floor"


def told(call) -> str:
    with pytest.raises(WorkspaceError) as caught:
        call()
    return str(caught.value)


def test_a_new_folder_holds_settings_campaigns_scripts_and_the_next_three_commands(home):
    assert sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()) == [
        "README.md",
        "campaigns/collections.toml",
        "campaigns/telemarketing.toml",
        "crontab.example",
        "dialer.toml",
        "scripts/collections.md",
        "scripts/telemarketing.md",
        "systemd/dialer-campaign@.service",
        "systemd/dialer-campaign@.timer",
        "systemd/dialer-nightly.service",
        "systemd/dialer-nightly.timer",
        "systemd/dialer-serve.service",
    ]
    readme = (home / "README.md").read_text()
    commands = [line.strip() for line in readme.splitlines() if line.startswith("    dialer ")]
    assert len(commands) == 3


def test_making_it_twice_is_refused_and_changes_nothing(home):
    (home / "dialer.toml").write_text("# mine\n")
    (home / "README.md").unlink()
    assert told(lambda: init_workspace(home)) == (
        f"{home}: it already has dialer.toml, campaigns/telemarketing.toml, campaigns/collections.toml, "
        "scripts/telemarketing.md, scripts/collections.md, crontab.example, systemd/dialer-serve.service, "
        "systemd/dialer-campaign@.service, systemd/dialer-campaign@.timer, systemd/dialer-nightly.service, "
        "systemd/dialer-nightly.timer; choose another folder, or overwrite with --force."
    )
    assert (home / "dialer.toml").read_text() == "# mine\n"
    assert not (home / "README.md").exists()


def test_force_overwrites_its_own_files_and_no_others(home):
    (home / "dialer.toml").write_text("# mine\n")
    (home / "campaigns" / "mine.toml").write_text("# mine\n")
    init_workspace(home, force=True)
    assert Workspace.load(home).settings == Settings()
    assert (home / "campaigns" / "mine.toml").read_text() == "# mine\n"


def test_every_template_is_a_valid_campaign_with_a_script_its_lists_can_fill(home):
    workspace = Workspace.load(home)
    assert workspace.campaign_names() == ("collections", "telemarketing")
    for name, lead in (("telemarketing", STANDARD), ("collections", COLLECTIONS)):
        campaign = workspace.campaign(name)
        script = workspace.script(campaign)
        assert script is not None
        assert script.missing(lead) == ()
        assert len(render(script, lead)) >= 8
        named = {choice.key for choice in campaign.dispositions.values()}
        for line in "\n".join(section.body for section in script.sections).splitlines():
            if line.startswith("Disposition: **") and line[15].isdigit():
                assert int(line[15]) in named


def test_the_templates_stand_for_the_two_trades(home):
    sales, debts = (Workspace.load(home).campaign(name) for name in ("telemarketing", "collections"))
    assert (sales.scope, sales.dialing.mode, sales.abandonment.max_rate) == (
        "telemarketing",
        "predictive",
        0.03,
    )
    assert [(cap.count, cap.hours) for cap in sales.caps.per_hours] == [(3, 24)]
    assert sales.simulation["agents"] == 30
    assert debts.scope == "debt_collection"
    flags = frozenset().union(*(choice.flags for choice in debts.dispositions.values()))
    assert {"promise", "right_party", "attorney", "cease", "opt_out", "final", "wrong_number"} <= flags


def test_every_number_of_the_templates_is_fictitious(home):
    text = "".join(path.read_text() for path in home.rglob("*") if path.is_file())
    numbers = re.findall(r"\+?1?-?\d{3}-?555-?\d{4}|\+\d{7,}", text)
    assert numbers
    assert all(re.search(r"555-?01\d\d$", number) for number in numbers)


def test_the_templates_simulation_is_one_the_simulator_knows(home):
    settings = pytest.importorskip("dialer.simulation.settings")
    dispositions = pytest.importorskip("dialer.simulation.dispositions")
    for name in ("telemarketing", "collections"):
        campaign = Workspace.load(home).campaign(name)
        world = settings.SimulationSettings.model_validate(campaign.simulation)
        flags = {code: frozenset(choice.flags) for code, choice in campaign.dispositions.items()}
        assert dispositions.choices(flags, world.outcomes).weights


def test_the_templates_pacing_is_one_the_pacer_accepts(home):
    for name in ("telemarketing", "collections"):
        campaign: Campaign = Workspace.load(home).campaign(name)
        PacingPolicy(
            mode=campaign.dialing.mode,
            max_abandonment_rate=campaign.abandonment.max_rate,
            period_days=campaign.abandonment.period_days,
            min_ring=campaign.dialing.min_ring,
            ring_timeout=campaign.dialing.ring_timeout,
            max_lines_per_agent=campaign.dialing.max_lines_per_agent,
        )


def test_a_folder_is_found_from_below_by_name_and_by_environment(home, tmp_path, monkeypatch):
    below = home / "campaigns"
    assert Workspace.find(below).root == home
    monkeypatch.chdir(below)
    assert Workspace.find().root == home
    assert Workspace.find(tmp_path, directory=home).root == home
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIALER_HOME", str(home))
    assert Workspace.find().root == home


def test_what_the_command_names_wins_over_the_environment(home, tmp_path, monkeypatch):
    init_workspace(tmp_path / "other")
    monkeypatch.setenv("DIALER_HOME", str(tmp_path / "other"))
    assert Workspace.find(directory=home).root == home
    assert Workspace.find(home / "scripts").root == home


def test_without_a_folder_the_operator_learns_how_to_make_one(tmp_path, monkeypatch):
    assert told(lambda: Workspace.find(tmp_path)) == (
        f"{tmp_path}: no dialer.toml here or in any folder above; "
        "run `dialer init FOLDER` to make one, or name one with --dir or DIALER_HOME."
    )
    assert "--dir names it, but it has no dialer.toml" in told(lambda: Workspace.find(directory=tmp_path))
    monkeypatch.setenv("DIALER_HOME", str(tmp_path))
    assert "DIALER_HOME names it, but it has no dialer.toml" in told(Workspace.find)


def test_the_template_says_the_defaults(home, monkeypatch):
    assert Workspace.load(home).settings == Settings()


def test_the_environment_wins_over_the_file(home, monkeypatch):
    (home / "dialer.toml").write_text('log_level = "error"\nlease_seconds = 10\n')
    monkeypatch.setenv("DIALER_LOG_LEVEL", "debug")
    settings = Workspace.load(home).settings
    assert (settings.log_level, settings.lease_seconds) == ("debug", 10)


def test_wrong_settings_are_told_with_line_or_variable(home, monkeypatch):
    (home / "dialer.toml").write_text('databse = "x"\n\nlease_seconds = 1\ncarrier = "twilo"\n')
    monkeypatch.setenv("DIALER_LOG_LEVEL", "loud")
    assert told(lambda: Workspace.load(home)).splitlines() == [
        "dialer.toml: databse (line 1): there is no such key; did you mean 'database'? Write that or remove it.",
        "dialer.toml: lease_seconds (line 3): 1 is below the 5 s floor; set 5 or more.",
        "dialer.toml: carrier (line 4): \"twilo\" is not one of simulated, twilio; did you mean 'twilio'? "
        "Write that or remove it.",
        'environment: DIALER_LOG_LEVEL: "loud" is not one of debug, info, warning, error; '
        "use one of debug, info, warning, error.",
    ]


def test_old_time_zone_data_stops_everything(home):
    (home / "dialer.toml").write_text('minimum_tzdata = "2099.1"\n')
    assert "older than 2099.1; run `pip install 'tzdata>=2099.1'`" in told(lambda: Workspace.load(home))


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("sqlite:///dialer.db", "sqlite:///{root}/dialer.db"),
        ("sqlite+pysqlite:///data/d.db?timeout=5", "sqlite+pysqlite:///{root}/data/d.db?timeout=5"),
        ("sqlite:////var/lib/d.db", "sqlite:////var/lib/d.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_the_database_file_stands_in_the_folder(home, setting, expected):
    (home / "dialer.toml").write_text(f'database = "{setting}"\n')
    assert Workspace.load(home).database_url == expected.format(root=home)


def test_folders_are_taken_from_the_folder(home):
    workspace = Workspace.load(home)
    folders = ("registries", "rules", "campaigns", "scripts", "reports", "rejects")
    assert [getattr(workspace, f"{name}_dir") for name in folders] == [home / name for name in folders]
    assert workspace.node


def test_an_unknown_campaign_is_answered_with_the_nearest_name(home):
    workspace = Workspace.load(home)
    assert told(lambda: workspace.campaign("colections")) == (
        "campaigns: there is no campaign 'colections'; did you mean 'collections'? Say that."
    )
    assert told(lambda: workspace.campaign("x")).endswith("use one of collections, telemarketing.")
    assert "no campaign '../x'" in told(lambda: workspace.campaign("../x"))
    shutil.rmtree(home / "campaigns")
    assert told(lambda: workspace.campaign("x")).endswith("make one with `dialer campaigns new`.")
