"""The administration of uploads, requests, calls, jobs and results, to look at, never to change; and of laws and products.

Nothing that names a person is loaded or shown here; whoever may see identities sees them in the portal itself.
"""

from __future__ import annotations

from privacy.admin import catalog, events, jobs, opt_outs, requests, syncs, systems

__all__ = ["catalog", "events", "jobs", "opt_outs", "requests", "syncs", "systems"]
