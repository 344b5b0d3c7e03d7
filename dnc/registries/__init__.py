"""National Do-Not-Call lists and their like: read, kept in versions, aged, and asked about one number.

    store = RegistryStore(Path("registries"))
    report = store.import_file(Path("full_919.zip"), "us_ndnc")
    store.evidence("+19195550101", at)

The modules, from the file to the answer: `unpack` (bounded archives) → `text`, `cleanlines` (lines) → the
families `flat`, `markup`, `changes`, `abroad`, `washes`, `others`, listed in `formats` → `report` (the file's
judgement) → `bitmap`, `keyed` (numbers in memory) → `compose` (the next version) → `snapshot`, `folders`
(on disk) → `store` → `evidence`, `asked`, `status` with `bindings` (which list binds whom).
"""

from dnc.registries.bindings import Binding, all_bindings, binding_of, bindings_for
from dnc.registries.compare import Difference
from dnc.registries.evidence import STATUSES, EvidenceColumn
from dnc.registries.folders import RegistryError, StoreBusy
from dnc.registries.formats import FORMATS, Format, Reading, format_names, read, read_into
from dnc.registries.keyed import Tag
from dnc.registries.report import BadLine, Counts, ImportReport, Limits, ReadOptions
from dnc.registries.snapshot import Coverage, Manifest, Snapshot, SnapshotError
from dnc.registries.status import RegistryStatus
from dnc.registries.store import DROP_LIMIT, RegistryStore

__all__ = [
    "DROP_LIMIT",
    "FORMATS",
    "STATUSES",
    "BadLine",
    "Binding",
    "Counts",
    "Coverage",
    "Difference",
    "EvidenceColumn",
    "Format",
    "ImportReport",
    "Limits",
    "Manifest",
    "ReadOptions",
    "Reading",
    "RegistryError",
    "RegistryStatus",
    "RegistryStore",
    "Snapshot",
    "SnapshotError",
    "StoreBusy",
    "Tag",
    "all_bindings",
    "binding_of",
    "bindings_for",
    "format_names",
    "read",
    "read_into",
]
