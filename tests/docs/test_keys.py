"""The tables of keys, columns, states and settings say what the code says, no more and no less."""

import re
from datetime import time
from typing import Any, get_args

import pytest
from pages import ROOT, rows
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from campaigns.dispositions import FLAGS, Disposition
from campaigns.files import calendar, hours, model, order
from campaigns.lists import FIELDS, VICIDIAL, RejectFile
from campaigns.lists.notes import Effect
from campaigns.workspace import Settings
from dialer.cli.lists import _FUNNEL
from dialer.engine.states import CampaignState, LeadState
from dialer.simulation.settings import FaultSettings, SimulationSettings

MANAGERS = ROOT / "docs" / "managers" / "README.md"
OPERATORS = ROOT / "docs" / "operators" / "README.md"

#: The tables of a campaign file as the page names them.
TABLES: dict[str, type[BaseModel]] = {
    "": model.Campaign,
    "seller.": model.Seller,
    "dialing.": model.Dialing,
    "abandonment.": model.Abandonment,
    "hours.": hours.Hours,
    "hours.pauses.": calendar.Pause,
    "hours.extra_days.": calendar.ExtraDay,
    "caps.": model.Caps,
    "caps.per_hours.": model.HoursCap,
    "agents.": model.Agents,
    "order.": order.Order,
    "recycle.RESULT.": model.RecycleRule,
    "dispositions.CODE.": Disposition,
    "message.": model.Message,
    "script.": model.ScriptFile,
    "simulation.": SimulationSettings,
}
#: Defaults that follow from other keys, or are too long for a cell: said in words.
IN_WORDS = frozenset({"the name", "the campaign's", "the table's name", "see below", "a mix"})


def as_toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'`"{value}"`'
    if isinstance(value, (int, float)):
        return f"{value:g}"
    if isinstance(value, (tuple, list, frozenset)):
        return "[" + ", ".join(as_toml(each) for each in value) + "]"
    if isinstance(value, time):
        return value.isoformat()
    return "none" if not value or isinstance(value, BaseModel) else str(value)


def default_of(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.default if field.default is not PydanticUndefined else field.get_default(call_default_factory=True)
    return as_toml(value)


KEYS = {
    f"{table}{name}": default_of(field) for table, kind in TABLES.items() for name, field in kind.model_fields.items()
}


def shown() -> dict[str, str]:
    return {cells[0].strip("`"): cells[1] for cells in rows(MANAGERS, "key")}


def test_every_table_of_the_model_is_looked_at():
    looked_at = {kind.__name__ for kind in TABLES.values()}
    of_the_module = {
        name
        for name, each in vars(model).items()
        if isinstance(each, type) and issubclass(each, BaseModel) and not name.startswith("_") and name != "BaseModel"
    }
    assert of_the_module <= looked_at


def test_every_key_of_a_campaign_file_is_explained_and_no_other():
    assert set(shown()) == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_the_default_is_the_models(key):
    told = shown().get(key, "")
    assert told in IN_WORDS or told == KEYS[key], f"{key}: {KEYS[key]}"


def test_every_result_has_its_built_in_rule():
    told = {cells[0].strip("`"): cells[2] for cells in rows(MANAGERS, "result")}
    assert set(told) == set(model.RECYCLED_RESULTS)
    for result, rule in model.DEFAULT_RECYCLE.items():
        text = told[result]
        assert text.startswith(f"{rule.delay_minutes:g} min") and f"{rule.max_attempts} attempts" in text
        assert ("backoff" in text) == (rule.backoff != 1) and (rule.backoff == 1 or f"backoff {rule.backoff:g}" in text)


def test_every_flag_and_every_scope_and_mode_is_explained():
    assert {cells[0].strip("`") for cells in rows(MANAGERS, "flag")} == set(FLAGS)
    text = MANAGERS.read_text(encoding="utf-8")
    for word in (*get_args(model.Scope), *get_args(model.DialingMode), *FaultSettings.model_fields):
        assert f"`{word}`" in text


def test_every_state_of_a_campaign_and_a_lead_is_explained():
    assert {cells[0].strip("`") for cells in rows(MANAGERS, "state")} == {state.value for state in CampaignState}
    text = MANAGERS.read_text(encoding="utf-8")
    assert all(f"`{state.value}`" in text for state in LeadState)


def test_every_column_of_a_list_is_named_and_no_other():
    told = {name for cells in rows(MANAGERS, "column") for name in re.findall(r"`(\w+)`", cells[0])}
    spelled_out = {name for name in FIELDS if not re.fullmatch(r"phone[3-9](_type)?", name)}
    assert told == spelled_out
    text = MANAGERS.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in (*VICIDIAL, *RejectFile.COLUMNS))
    assert all(f'"{effect}"' in text for effect in get_args(Effect))


def test_every_step_of_the_funnel_is_explained():
    assert [cells[0].strip("`") for cells in rows(MANAGERS, "step")] == list(_FUNNEL)


def test_every_setting_is_explained_with_its_variable_and_default():
    told = {cells[0].strip("`"): (cells[1], cells[2]) for cells in rows(OPERATORS, "key")}
    wanted = {name: (f"`DIALER_{name.upper()}`", default_of(field)) for name, field in Settings.model_fields.items()}
    assert told == wanted
