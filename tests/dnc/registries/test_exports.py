"""The room's public names are pinned: whoever adds or drops one does it on purpose."""

from __future__ import annotations

import dnc.registries

NAMES = """
DROP_LIMIT FORMATS STATUSES BadLine Binding Counts Coverage Difference EvidenceColumn Format ImportReport
Limits Manifest ReadOptions Reading RegistryError RegistryStatus RegistryStore Snapshot SnapshotError
StoreBusy Tag all_bindings binding_of bindings_for format_names read read_into
"""


def test_public_names():
    assert sorted(dnc.registries.__all__) == sorted(NAMES.split())
    assert all(hasattr(dnc.registries, name) for name in dnc.registries.__all__)
