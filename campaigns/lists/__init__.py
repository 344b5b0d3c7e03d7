"""Contact lists: read whatever a supplier sends, load what may be dialed, and account for every row."""

from campaigns.lists.errors import ListError
from campaigns.lists.fields import FIELDS, VICIDIAL
from campaigns.lists.frames import LEAD_COLUMNS, PHONE_COLUMNS, Chunk
from campaigns.lists.loading import CHUNK_ROWS, ContactList, LoadedList, load_list
from campaigns.lists.mapping import load_mapping
from campaigns.lists.notes import Funnel, ListWarning, Reject, RejectFile

__all__ = [
    "CHUNK_ROWS",
    "FIELDS",
    "LEAD_COLUMNS",
    "PHONE_COLUMNS",
    "VICIDIAL",
    "Chunk",
    "ContactList",
    "Funnel",
    "ListError",
    "ListWarning",
    "LoadedList",
    "Reject",
    "RejectFile",
    "load_list",
    "load_mapping",
]
