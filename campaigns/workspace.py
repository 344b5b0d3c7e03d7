"""The working folder: settings in `dialer.toml`, and beside them campaigns, scripts, registries and reports.

A command finds its folder as git does: the folder named by `--dir`, else by the environment variable
`DIALER_HOME`, else the nearest one with a `dialer.toml` from the current folder upwards. Every setting can be
overridden by an environment variable `DIALER_<NAME>`.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from campaigns.files import Campaign, load_campaign
from campaigns.files.load import located, read_toml
from campaigns.problems import Finding, OperatorError, Problem, did_you_mean
from campaigns.wording import explain, key_text

if TYPE_CHECKING:
    from campaigns.scripts import Script

__all__ = [
    "HOME_VARIABLE",
    "SETTINGS_FILE",
    "Settings",
    "Workspace",
    "WorkspaceError",
    "init_workspace",
    "new_campaign",
]

SETTINGS_FILE = "dialer.toml"
HOME_VARIABLE = "DIALER_HOME"
_PREFIX = "DIALER_"

#: What `init_workspace` writes: path in the folder -> file in `campaigns/templates`.
_FILES = {
    SETTINGS_FILE: "dialer.toml",
    "README.md": "README.md",
    "campaigns/telemarketing.toml": "telemarketing.toml",
    "campaigns/collections.toml": "collections.toml",
    "scripts/telemarketing.md": "scripts/telemarketing.md",
    "scripts/collections.md": "scripts/collections.md",
    "crontab.example": "crontab.example",
    "systemd/dialer-serve.service": "systemd/dialer-serve.service",
    "systemd/dialer-campaign@.service": "systemd/dialer-campaign@.service",
    "systemd/dialer-campaign@.timer": "systemd/dialer-campaign@.timer",
    "systemd/dialer-nightly.service": "systemd/dialer-nightly.service",
    "systemd/dialer-nightly.timer": "systemd/dialer-nightly.timer",
}

_Folder = Annotated[str, Field(min_length=1, description="a folder, from the working folder")]


class WorkspaceError(OperatorError):
    """The working folder, its settings or a name in it is not as it should be."""


class Settings(BaseSettings):
    """What `dialer.toml` may say. Paths are taken from the folder the file stands in."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", frozen=True)

    database: Annotated[str, Field(min_length=1, description="SQLAlchemy URL of the database")] = "sqlite:///dialer.db"
    registries: _Folder = "registries"
    rules: _Folder = "rules"
    campaigns: _Folder = "campaigns"
    scripts: _Folder = "scripts"
    reports: _Folder = "reports"
    rejects: _Folder = "rejects"
    prompts: _Folder = "prompts"
    carrier: Annotated[Literal["simulated", "twilio"], Field(description="who carries the calls")] = "simulated"
    twilio: Annotated[dict[str, Any], Field(description="the carrier's account; secrets come from the environment")] = (
        Field(default_factory=dict)
    )
    email: Annotated[dict[str, Any], Field(description="the mail server; its password comes from the environment")] = (
        Field(default_factory=dict)
    )
    minimum_tzdata: Annotated[
        str, Field(pattern=r"^\d{4}\.\d+$", description="the oldest PyPI tzdata release to dial with")
    ] = "2026.6"
    node: Annotated[str, Field(max_length=64, description="this computer's name in leases")] = ""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Field(description="how much the log says")] = (
        "info"
    )
    lease_seconds: Annotated[
        float,
        Field(
            ge=5,
            le=600,
            description="after which a silent node loses its campaigns",
            json_schema_extra={"unit": "s"},
        ),
    ] = 30.0

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, whose data arrive as arguments."""
        return env_settings, init_settings


@dataclass(frozen=True)
class Workspace:
    """A working folder whose settings were read and found sound."""

    root: Path
    settings: Settings

    @classmethod
    def find(cls, start: Path | None = None, directory: Path | None = None) -> Workspace:
        """The working folder in force.

        Args:
            start: where to begin walking up; without it `DIALER_HOME`, else upwards from the current folder.
            directory: the folder itself (`--dir`), which wins over both; it and `DIALER_HOME` are not walked
                up from.

        Raises:
            WorkspaceError: there is none, its settings are wrong, or the time-zone data is too old.
        """
        named = directory
        if named is None and start is None and os.environ.get(HOME_VARIABLE):
            named = Path(os.environ[HOME_VARIABLE])
        if named is not None:
            if not (named / SETTINGS_FILE).is_file():
                said = "--dir" if directory else HOME_VARIABLE
                do = f"run `dialer init {named}`, or name another folder"
                raise WorkspaceError([Problem(str(named), f"{said} names it, but it has no {SETTINGS_FILE}", do)])
            return cls.load(named)
        here = (start or Path.cwd()).absolute()
        for folder in (here, *here.parents):
            if (folder / SETTINGS_FILE).is_file():
                return cls.load(folder)
        do = "run `dialer init FOLDER` to make one, or name one with --dir or DIALER_HOME"
        raise WorkspaceError([Problem(str(here), f"no {SETTINGS_FILE} here or in any folder above", do)])

    @classmethod
    def load(cls, root: Path) -> Workspace:
        """The workspace in exactly this folder. Raises `WorkspaceError`."""
        data, lines, _ = read_toml(root / SETTINGS_FILE, SETTINGS_FILE, WorkspaceError)
        try:
            settings = Settings(**data)
        except ValidationError as error:
            findings = explain(Settings, error)
            from_file = [each for each in findings if _variable(each) is None]
            problems = located(from_file, SETTINGS_FILE, lines)
            problems += [
                Problem("environment", each.what, each.do, key=variable)
                for each in findings
                if (variable := _variable(each)) is not None
            ]
            raise WorkspaceError(problems) from None
        _check_tzdata(settings)
        return cls(root.absolute(), settings)

    @property
    def node(self) -> str:
        """Name of this computer: the setting, or the host's name."""
        return self.settings.node or platform.node() or "node"

    @property
    def database_url(self) -> str:
        """The database's URL, with a relative SQLite file placed in the folder."""
        found = re.fullmatch(r"(sqlite(?:\+\w+)?:///)(?!/)([^?]+)(\?.*)?", self.settings.database)
        if found is None or found[2] == ":memory:":
            return self.settings.database
        return f"{found[1]}{self.root / found[2]}{found[3] or ''}"

    @property
    def registries_dir(self) -> Path:
        """Where the Do-Not-Call snapshots are."""
        return self.root / self.settings.registries

    @property
    def rules_dir(self) -> Path:
        """Where the house's own rule overlays are."""
        return self.root / self.settings.rules

    @property
    def campaigns_dir(self) -> Path:
        """Where the campaign files are."""
        return self.root / self.settings.campaigns

    @property
    def scripts_dir(self) -> Path:
        """Where the scripts are."""
        return self.root / self.settings.scripts

    @property
    def reports_dir(self) -> Path:
        """Where reports are written."""
        return self.root / self.settings.reports

    @property
    def rejects_dir(self) -> Path:
        """Where refused rows of contact lists are written."""
        return self.root / self.settings.rejects

    @property
    def mappings_dir(self) -> Path:
        """Where the mappings of lists' columns are kept by name."""
        return self.root / "mappings"

    def campaign_names(self) -> tuple[str, ...]:
        """The names of all campaign files, sorted."""
        return tuple(sorted(path.stem for path in self.campaigns_dir.glob("*.toml")))

    def campaign(self, name: str) -> Campaign:
        """The campaign of that name, from its file.

        Raises `WorkspaceError` when there is none, `campaigns.files.CampaignFileError` when it is wrong.
        """
        names = self.campaign_names()
        if name not in names:
            close = did_you_mean(name, names)
            do = f"did you mean {close!r}? Say that" if close else "use one of " + ", ".join(names)
            do = do if names else "make one with `dialer campaigns new`"
            raise WorkspaceError([Problem(self.settings.campaigns, f"there is no campaign {name!r}", do)])
        return load_campaign(self.campaigns_dir / f"{name}.toml")

    def script(self, campaign: Campaign) -> Script | None:
        """The campaign's script, or None when it names none.

        Raises `campaigns.scripts.ScriptError` when the file is missing or wrong.
        """
        from campaigns.scripts import load_script

        return load_script(self.root / campaign.script.file) if campaign.script else None


def init_workspace(path: Path, force: bool = False) -> tuple[Path, ...]:
    """Write a new working folder: settings, sample campaigns with scripts, a README, examples for cron and systemd.

    Returns the files written. Raises `WorkspaceError`, listing what exists and writing nothing, unless
    `force` says that those files may be overwritten. Files of other names are never touched.
    """
    exist = [name for name in _FILES if (path / name).exists()]
    if exist and not force:
        what = f"it already has {', '.join(exist)}"
        raise WorkspaceError([Problem(str(path), what, "choose another folder, or overwrite with --force")])
    templates = resources.files("campaigns") / "templates"
    written = []
    try:
        for name, template in _FILES.items():
            target = path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text((templates / template).read_text(encoding="utf-8"), encoding="utf-8")
            written.append(target)
    except OSError as error:
        what = f"it cannot be written: {error.strerror}"
        raise WorkspaceError([Problem(str(path), what, "check the path and its permissions")]) from error
    return tuple(written)


def new_campaign(
    workspace: Workspace, name: str, purpose: str, language: str = "en", country: str = "US"
) -> tuple[Path, ...]:
    """Write a campaign file to begin from, and its script; returns the files written, the campaign's first.

    Raises `WorkspaceError`, writing nothing, for a name that is no slug or is taken, and for a purpose, language
    or country there is no template of.
    """
    from campaigns import purposes

    shown = f"{workspace.settings.campaigns}/{name}.toml"
    problems = [
        Problem(shown, f"there is no template for {what} {said!r}", f"use one of {', '.join(known)}")
        for what, said, known in (
            ("purpose", purpose, purposes.purposes()),
            ("language", language, purposes.languages()),
            ("country", country, purposes.countries()),
        )
        if said not in known
    ]
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
        problems.append(Problem(shown, f"{name!r} cannot be a name", "use small letters, digits, - and _"))
    if problems:
        raise WorkspaceError(problems)
    made = purposes.draft(name, purpose, language, country)
    files = {workspace.campaigns_dir / f"{name}.toml": made.campaign}
    if made.script is not None:
        files[workspace.root / made.script_file] = made.script
    exist = [path for path in files if path.exists()]
    if exist:
        where = exist[0].relative_to(workspace.root) if exist[0].is_relative_to(workspace.root) else exist[0]
        raise WorkspaceError([Problem(str(where), "it exists already", "choose another name, or edit it")])
    try:
        for path, text in reversed(files.items()):  # the campaign last: it never names a script that is not there
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WorkspaceError([Problem(shown, f"it cannot be written: {error.strerror}", "check the folder")]) from error
    return tuple(files)


def _variable(finding: Finding, environment: Mapping[str, str] = os.environ) -> str | None:
    """The environment variable that set the blamed key, or None when the file did."""
    wanted = f"{_PREFIX}{key_text(finding.path[:1])}".upper()
    return next((name for name in environment if name.upper() == wanted), None)


def _check_tzdata(settings: Settings) -> None:
    """Raise `WorkspaceError` when the installed time-zone data is older than the settings allow."""
    from dnc.zones import TZDATA_VERSION

    def release(version: str) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", version)[:2]]

    if release(TZDATA_VERSION) < release(settings.minimum_tzdata):
        what = f"the installed time-zone data is {TZDATA_VERSION}, older than {settings.minimum_tzdata}"
        do = f"run `pip install 'tzdata>={settings.minimum_tzdata}'`: old data dials an hour early or late"
        raise WorkspaceError([Problem(SETTINGS_FILE, what, do, key="minimum_tzdata")])
