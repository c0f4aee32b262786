"""Examines the portal as it is installed: what is well, what is not, and what to do about it.

Nothing that is found holds a secret or personal data. `manage.py doctor` prints it.
"""

from __future__ import annotations

from portal.doctor.examining import examine
from portal.doctor.findings import Finding, Level

__all__ = ["Finding", "Level", "examine"]
