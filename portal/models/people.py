"""Members of staff, and what each of them keeps for themselves: views of lists, a calendar's address, notices, searches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import crypto
from portal.clock import Moment
from portal.ids import new_id
from portal.models.keys import DataKey
from portal.models.organizations import Organization

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class NoticeMail(models.TextChoices):
    """How notices come by e-mail."""

    NONE = "none", "Not at all"
    DIGEST = "digest", "Once a day"
    AT_ONCE = "at_once", "At once"


class User(AbstractUser):
    """A member of staff. Rights come from groups; what they reach comes from their organizations."""

    # An internal system that uses the API: it has no password and cannot sign in.
    is_integration = models.BooleanField(default=False, editable=False)
    # Empty: as the browser asks for.
    language = models.CharField(max_length=10, blank=True, db_default="")
    # An IANA name. Empty: the portal's own zone.
    time_zone = models.CharField(max_length=64, blank=True, db_default="")
    notice_mail = models.CharField(
        "Notices by e-mail",
        max_length=10,
        choices=NoticeMail.choices,
        default=NoticeMail.DIGEST,
        db_default=NoticeMail.DIGEST.value,
    )

    @property
    def called(self) -> str:
        """What colleagues call this person."""
        return self.get_full_name() or self.get_username()

    def may(self, permission: str) -> bool:
        """Whether this person has a permission named as app.codename."""
        return self.is_active and self.has_perm(permission)


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Filters of lists that people kept."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The person's own, and those that others share in an organization of theirs."""
        if not user.is_authenticated:
            return self.none()
        shared = models.Q(shared_with__in=Organization.objects.visible_to(user))
        return self.filter(models.Q(owner=user) | shared)


class SavedView(models.Model):
    """Filters and columns of one list under a name. Holds no personal data: a list's filters cannot name a person."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views", db_index=False)
    # The URL name of the list, such as `privacy:request-list`.
    list_name = models.CharField(max_length=60)
    name = models.CharField(max_length=80)
    # Only parameters that the list knows: {"status": "open", "columns": "number,due"}.
    query = models.JSONField(default=dict)
    shared_with = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="shared_views")
    created_at = models.DateTimeField(default=timezone.now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "list_name", "name"], name="saved_view_name_once")]

    def __str__(self) -> str:
        return f"view {self.id}"


class CalendarFeed(models.Model):
    """The address of one person's calendar of due dates; only a digest of the token in it is kept."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="calendar_feed")
    token_digest = models.BinaryField(unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"calendar of {self.user_id}"


class NoticeKind(models.TextChoices):
    """What a person is told."""

    ASSIGNED = "assigned", _("Given to you")
    DUE_SOON = "due_soon", _("Due soon")
    OVERDUE = "overdue", _("Overdue")
    FAILED = "failed", _("Finished with errors")
    ATTENTION = "attention", _("Needs a person")
    COMPLETE = "complete", _("Complete")
    RESULTS_READY = "results_ready", _("Results ready")
    RESULTS_EXPIRING = "results_expiring", _("Results about to expire at Adobe")
    DATASET_EXPIRING = "dataset_expiring", _("Dataset about to be removed")
    REFUSED = "refused", _("Refused by Adobe")


class NoticeQuerySet(models.QuerySet["Notice"]):
    """What people were told."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The person's own, of organizations that are theirs now."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(user=user, organization__in=Organization.objects.visible_to(user))

    def unread(self) -> Self:
        """Not looked at yet."""
        return self.filter(read_at=None)

    def to_mail(self, now: Moment) -> Self:
        """Due by e-mail at `now`, except where mail failed lately: to everybody, or to this person."""
        waits = MailTrouble.objects.filter(next_attempt_at__gt=now)
        hers = waits.filter(user=models.OuterRef("user"))
        return self.filter(~models.Exists(waits.filter(user=None)), ~models.Exists(hers), mail_due_at__lte=now)


class Notice(models.Model):
    """One thing that one person is told, once. Names a row by its number; holds no personal data."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices", db_index=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    # Our number of what it is about, such as PR-2026-000123 (a dataset expiration has its dataset), and the address of its page.
    number = models.CharField(max_length=40)
    address = models.CharField(max_length=200)
    # Of a request: its law as pages name it, and its due date as it stood then. Of an expiration: the day of the removal.
    law = models.CharField(max_length=120, blank=True, db_default="")
    due_on = models.DateField(null=True)
    # What makes it the same notice: told once, whoever tries twice.
    once = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    # None: no e-mail is due for it. Set when it is made, cleared when it was sent.
    mail_due_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["user", "once"], name="notice_once")]
        indexes = [
            # A person's page of notices, and the number in the page header.
            models.Index(fields=["user", "-at", "-id"], name="notice_of_user"),
            models.Index(fields=["user"], name="notice_unread", condition=models.Q(read_at__isnull=True)),
            # The step that mails.
            models.Index(fields=["mail_due_at"], name="notice_to_mail", condition=models.Q(mail_due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class MailTrouble(models.Model):
    """E-mail that does not go out, to one person or (without a user) to anybody. The row goes with the next mail that does."""

    SERVER = "server"

    # SERVER, or the person's id.
    name = models.CharField(max_length=40, primary_key=True)
    user = models.OneToOneField(User, null=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    # What was raised, and the server's number when it gave one; never its words, which name addresses.
    error = models.CharField(max_length=60)

    def __str__(self) -> str:
        return f"mail trouble of {self.name}"


class Search(models.Model):
    """One search as its result page knows it: what was typed stands here sealed, never in an address. Gone after a day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="searches")
    data_key = models.ForeignKey(DataKey, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    wanted_sealed = crypto.SealedField(null=True)
    # {"text", "namespace"}: as typed.
    wanted = crypto.SealedJSON("wanted_sealed")
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"search {self.id}"


class RuntimeSetting(models.Model):
    """A setting that an administrator changed while the portal runs; without a row the environment's value holds."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField()
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by: Any = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("setting")
        verbose_name_plural = _("settings")

    def __str__(self) -> str:
        return self.name
