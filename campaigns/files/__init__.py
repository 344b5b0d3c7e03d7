"""Campaign files: TOML in, a valid `Campaign` out, or every problem in one error."""

from campaigns.files.hours import Hours, Window
from campaigns.files.load import CampaignFileError, file_hash, load_campaign
from campaigns.files.model import (
    RECYCLED_RESULTS,
    RESULTS,
    Abandonment,
    Agents,
    Campaign,
    Caps,
    Dialing,
    HoursCap,
    RecycledResult,
    RecycleRule,
    ScriptFile,
    Seller,
)

__all__ = [
    "RECYCLED_RESULTS",
    "RESULTS",
    "Abandonment",
    "Agents",
    "Campaign",
    "CampaignFileError",
    "Caps",
    "Dialing",
    "Hours",
    "HoursCap",
    "RecycleRule",
    "RecycledResult",
    "ScriptFile",
    "Seller",
    "Window",
    "file_hash",
    "load_campaign",
]
