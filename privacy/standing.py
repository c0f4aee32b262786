"""How the jobs and the calls of one request stand: each counted with one statement, for a page that asks many things of them."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q, Sum

from portal.outbound import CallState
from privacy.models import Job, PrivacyRequest


@dataclass(frozen=True)
class JobGroup:
    """Jobs of one state and action. `looked_at`: when Adobe was last asked about one; `looks_at`: when it is asked next."""

    status: str
    action: str
    count: int
    looked_at: datetime | None
    looks_at: datetime | None
    troubled: int


@dataclass(frozen=True)
class Jobs:
    """All jobs of a request."""

    groups: Sequence[JobGroup]

    @classmethod
    def of(cls, request: PrivacyRequest) -> Jobs:
        """One statement."""
        counted = (
            Job.objects.filter(request=request)
            .order_by()
            .values("status", "action")
            .annotate(
                count=Count("pk"),
                looked_at=Max("detail_at"),
                looks_at=Min("next_poll_at"),
                troubled=Count("pk", filter=~Q(last_error="")),
            )
        )
        return cls([JobGroup(**row) for row in counted])

    @property
    def actions(self) -> list[str]:
        """What is asked for."""
        return sorted({group.action for group in self.groups})

    def in_states(self, statuses: Container[str]) -> Jobs:
        """Those in one of these states."""
        return Jobs([group for group in self.groups if group.status in statuses])

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(group.count for group in self.groups)

    @property
    def troubled(self) -> int:
        """About how many Adobe could not be asked the last time."""
        return sum(group.troubled for group in self.groups)

    @property
    def looked_at(self) -> datetime | None:
        """When Adobe was last asked about one of them; None for never."""
        return max((group.looked_at for group in self.groups if group.looked_at), default=None)

    @property
    def looks_at(self) -> datetime | None:
        """When Adobe is asked about one of them next; None when that is not planned."""
        return min((group.looks_at for group in self.groups if group.looks_at), default=None)


@dataclass(frozen=True)
class Calls:
    """All calls of a request. `first_sent_at`: when the first left that Adobe took; `held`: deletes that wait for results."""

    count: int
    first_sent_at: datetime | None
    queued: int
    held: int
    held_jobs: int

    @classmethod
    def of(cls, request: PrivacyRequest) -> Calls:
        """One statement."""
        queued = Q(state=CallState.QUEUED)
        counts = request.submissions.aggregate(
            count=Count("pk"),
            first_sent_at=Min("first_sent_at", filter=Q(state=CallState.SENT)),
            queued=Count("pk", filter=queued & Q(waits_for_access=False)),
            held=Count("pk", filter=queued & Q(waits_for_access=True)),
            held_jobs=Sum("expected_jobs", filter=queued & Q(waits_for_access=True), default=0),
        )
        return cls(**counts)
