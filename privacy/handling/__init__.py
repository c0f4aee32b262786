"""What people do with a request beside Adobe: they answer the person, move the due date, write notes, give it to one another,
and see to the systems that Adobe does not cover.
"""

from __future__ import annotations
