"""Airflow's pools; `blekit up` makes them.

Extraction reads disks, releases are prepared one at a time: a task that waits in a pool costs nothing, one that is
refused by the ledger's lock and retried does.
"""

from __future__ import annotations

EXTRACTION = "extraction"
RELEASE = "release"

POOLS = {EXTRACTION: 3, RELEASE: 1}
"""Slots of each pool."""
