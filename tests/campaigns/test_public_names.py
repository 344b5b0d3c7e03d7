"""What others may rely on has a name in `__all__`; a change here is a change of contract."""

import campaigns.dispositions
import campaigns.files
import campaigns.recycle
import campaigns.scripts
import campaigns.workspace


def test_public_names_are_pinned():
    assert sorted(campaigns.files.__all__) == [
        "Abandonment",
        "Agents",
        "Campaign",
        "CampaignFileError",
        "Caps",
        "Dialing",
        "Hours",
        "HoursCap",
        "RECYCLED_RESULTS",
        "RESULTS",
        "RecycleRule",
        "RecycledResult",
        "ScriptFile",
        "Seller",
        "Window",
        "file_hash",
        "load_campaign",
    ]
    assert sorted(campaigns.recycle.__all__) == ["LONGEST_DELAY", "LeadNext", "LeadStatus", "after_call"]
    assert sorted(campaigns.scripts.__all__) == [
        "Choice",
        "RenderedSection",
        "Script",
        "ScriptError",
        "Section",
        "load_script",
        "parse_script",
        "render",
        "slug",
    ]
    assert sorted(campaigns.workspace.__all__) == [
        "HOME_VARIABLE",
        "SETTINGS_FILE",
        "Settings",
        "Workspace",
        "WorkspaceError",
        "init_workspace",
        "new_campaign",
    ]
    assert sorted(campaigns.dispositions.__all__) == [
        "BLOCKING_FLAGS",
        "Disposition",
        "FLAGS",
        "Flag",
        "SETTLING_FLAGS",
    ]


def test_every_public_name_exists():
    for module in (campaigns.files, campaigns.recycle, campaigns.scripts, campaigns.workspace):
        assert all(hasattr(module, name) for name in module.__all__)
