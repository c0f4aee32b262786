"""Who looks after a request: given to oneself or a colleague, and everything of an officer who leaves given to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import audit
from portal.models import Organization, User
from portal.paging import MOST_COUNTED, counted
from portal.registry import PersonLink
from privacy import noticing
from privacy.handling.rows import locked
from privacy.intake import NotPossible
from privacy.models import PrivacyRequest
from privacy.statuses import RequestStatus

HANDLES = "privacy.handle_privacyrequest"
# So many are handed over in one transaction.
BATCH = 500


def colleagues(organization: Organization) -> QuerySet[User]:
    """Who of an organization may handle its requests."""
    return _who_handle().filter(organizations=organization).order_by("first_name", "last_name", "username")


def _who_handle() -> QuerySet[User]:
    people: QuerySet[User] = User.objects.with_perm(
        HANDLES, is_active=True, include_superusers=True, backend="django.contrib.auth.backends.ModelBackend"
    )
    return people.filter(is_integration=False)


@transaction.atomic
def assign(request: PrivacyRequest, to: User | None, by: User) -> bool:
    """Give the request to a colleague, or to nobody. False when it was so before.

    Raises NotPossible for somebody who may not handle it, and for a request that is closed.
    """
    row = locked(request)
    if row.assignee_id == (to.pk if to else None):
        return False
    if to is not None and to != by and not colleagues(row.organization).filter(pk=to.pk).exists():
        raise NotPossible(_("%(name)s may not handle requests of %(organization)s.") % _names(to, row.organization))
    row.assignee = to
    row.save(update_fields=["assignee"])
    _record([row], to, by)
    if to is not None:
        noticing.assigned([row], to, by)
    return True


def _names(to: User, organization: Organization) -> dict[str, str]:
    return {"name": to.called, "organization": organization.name}


def _record(rows: Sequence[PrivacyRequest], to: User | None, by: User) -> None:
    action = "request.assigned" if to else "request.unassigned"
    audit.record_many(
        [
            audit.AuditRecord(
                action, by, row.organization, row, row.pk, {"number": row.number, "to": to.get_username()} if to else {}
            )
            for row in rows
        ]
    )


# --- Everything of one officer ---


@dataclass(frozen=True)
class Share:
    """The open requests of one officer in one organization, and whether the other one may take them over."""

    organization: Organization
    count: int
    moves: bool


def open_requests(user: User) -> QuerySet[PrivacyRequest]:
    """Requests that `user` may see and that somebody still has to look after: not answered, or not finished at Adobe."""
    over = (RequestStatus.CANCELLED, RequestStatus.SHREDDED)
    still = Q(answered_on=None) | Q(finished_at=None)
    rows: QuerySet[PrivacyRequest] = PrivacyRequest.objects.visible_to(user).filter(still).exclude(status__in=over)
    return rows


def givers(user: User) -> QuerySet[User]:
    """Everybody who looks after an open request that `user` may see; also those who left already."""
    theirs = open_requests(user).filter(assignee__isnull=False).order_by().values("assignee")
    return User.objects.filter(pk__in=theirs).order_by("first_name", "last_name", "username")


def link_of_leaver(person: User, reader: User) -> PersonLink | None:
    """Where the reader gives the requests of a person to another; None when there are none to give."""
    if not reader.may(HANDLES):
        return None
    count = counted(open_requests(reader).filter(assignee=person))
    if not count:
        return None
    words = ngettext("Give %(count)s request of %(name)s to another", "Give %(count)s requests of %(name)s to another", count)
    shown = f"{count:,}" if count <= MOST_COUNTED else f"{MOST_COUNTED:,}+"
    address = f"{reverse('privacy:hand-over')}?giver={person.pk}"
    return PersonLink(words % {"count": shown, "name": person.called}, address)


def takers(user: User) -> QuerySet[User]:
    """Who may handle requests of an organization that `user` sees."""
    seen = Organization.objects.visible_to(user).order_by().values("pk")
    shared = Organization.members.through.objects.filter(organization__in=seen).values("user_id")
    return _who_handle().filter(pk__in=shared).order_by("first_name", "last_name", "username")


def shares(giver: User, taker: User | None, user: User) -> list[Share]:
    """What `giver` has, organization by organization."""
    counted = dict(
        open_requests(user)
        .filter(assignee=giver)
        .order_by()
        .values_list("organization")
        .annotate(Count("pk"))
        .values_list("organization", "pk__count")
    )
    reached = set(taker.organizations.values_list("pk", flat=True)) if taker else set()
    organizations = Organization.objects.filter(pk__in=list(counted)).order_by("name")
    return [Share(one, counted[one.pk], one.pk in reached) for one in organizations]


def hand_over(giver: User, taker: User, by: User) -> int:
    """Give every open request of `giver` to `taker`, where `taker` may handle it. Gives how many; a second time there are none.

    Raises NotPossible when `taker` is no colleague.
    """
    if giver == taker:
        raise NotPossible(_("Choose two different people."))
    if not takers(by).filter(pk=taker.pk).exists():
        raise NotPossible(_("This person may not handle requests of your organizations."))
    moved = 0
    while part := _hand_over_some(giver, taker, by):
        moved += part
    return moved


@transaction.atomic
def _hand_over_some(giver: User, taker: User, by: User) -> int:
    reached = taker.organizations.order_by().values("pk")
    rows = open_requests(by).filter(assignee=giver, organization__in=reached).select_related("organization")
    part = list(rows.select_for_update(no_key=True, of=("self",)).defer("envelope_sealed").order_by("pk")[:BATCH])
    PrivacyRequest.objects.filter(pk__in=[row.pk for row in part]).update(assignee=taker)
    _record(part, taker, by)
    noticing.assigned(part, taker, by)
    return len(part)
