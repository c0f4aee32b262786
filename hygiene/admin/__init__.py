"""The administration of record deletes, work orders, expirations and quotas: to look at, never to change.

Nothing that names a person is loaded or shown here; whoever may see it sees it in the portal itself.
"""

from __future__ import annotations

from hygiene.admin import expirations, record_deletes, work_orders

__all__ = ["expirations", "record_deletes", "work_orders"]
