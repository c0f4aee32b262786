"""Saved views: filters, order and columns of a list under a name, for oneself or for an organization."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal import audit
from portal.lists.asked import Asked, written
from portal.lists.declaring import RowList, Viewer
from portal.models import Organization, SavedView, User
from portal.models.people import SavedViewQuerySet

LONGEST_NAME = 80
# So many of one list are offered on it; a person with more finds them on the page of views.
MOST_OFFERED = 50


class NotPossible(Exception):
    """It cannot be done; the words say why."""


@dataclass(frozen=True)
class View:
    """One saved view as a page shows it. `own`: the person made it."""

    row: SavedView
    address: str
    own: bool
    on: bool = False


def views_of(row_list: RowList, viewer: Viewer, asked: Asked) -> list[View]:
    """The views of one list that a person can open."""
    rows = SavedView.objects.visible_to(viewer.user).filter(list_name=row_list.url_name).select_related("owner", "shared_with")
    return [
        View(row, written(row.query), row.owner_id == viewer.user.pk, row.query == asked.query) for row in rows[:MOST_OFFERED]
    ]


def keep(row_list: RowList, viewer: Viewer, name: str, asked: Asked, shared_with: Organization | None) -> SavedView:
    """Keep a look under a name. The same name again changes what it means. Raises NotPossible."""
    name = _checked(name)
    with transaction.atomic():
        row, _made = SavedView.objects.update_or_create(
            owner=viewer.user,
            list_name=row_list.url_name,
            name=name,
            defaults={"query": asked.query, "shared_with": shared_with},
        )
        _record("view.saved", row, viewer.user)
    return row


def change(row: SavedView, user: User, name: str, shared_with: Organization | None) -> None:
    """Call it otherwise, or share it otherwise. Raises NotPossible."""
    row.name, row.shared_with = _checked(name), shared_with
    try:
        with transaction.atomic():
            row.save(update_fields=["name", "shared_with"])
            _record("view.changed", row, user)
    except IntegrityError as error:
        raise NotPossible(_("Another of your views of this list has that name. Choose a different one.")) from error


@transaction.atomic
def delete(row: SavedView, user: User) -> None:
    """Remove it. Who has its address keeps the list behind it."""
    _record("view.deleted", row, user)
    row.delete()


def to_share_with(viewer: Viewer, given: str) -> Organization | None:
    """The organization of this id, when it is theirs; None for none. Raises NotPossible."""
    if not given:
        return None
    found = [one for one in viewer.organizations if str(one.pk) == given]
    if not found:
        raise NotPossible(_("Choose one of your organizations to share the view with."))
    return found[0]


def own(user: User, pk: uuid.UUID) -> SavedViewQuerySet:
    """The view of this id, when the person made it."""
    return SavedView.objects.filter(owner=user, pk=pk)


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise NotPossible(_("Enter a name for the view, such as “Overdue, mine”."))
    if len(name) > LONGEST_NAME:
        raise NotPossible(_("Shorten the name of the view to 80 characters."))
    return name


def _record(action: str, row: SavedView, user: User) -> None:
    details: dict[str, audit.Scalar] = {"list": row.list_name, "shared": row.shared_with_id is not None}
    audit.record(action, actor=user, organization=row.shared_with, obj=row, details=details)
