"""Tokens of integrations: making and revoking them, and the rights that their scopes stand for.

Each token has a service user of its own: a member of the token's organization alone, with the rights of its scopes alone, and
without a password. So what a token reaches is decided where it is decided for people: by `visible_to(user)` and `has_perm`.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_migrate
from django.utils import timezone
from django.utils.text import slugify

from portal import audit
from portal.models import ApiToken, Organization, Scope, User
from portal.permissions import ACTS, VIEWS

REVEALS = ("reveal_identities",)
DOWNLOADS = ("download_results",)
# An integration looks after its own webhooks; among people that is for administrators.
SEES_WEBHOOKS = ("view_webhookendpoint", "view_webhookdelivery")
KEEPS_WEBHOOKS = ("add_webhookendpoint", "change_webhookendpoint")
# Permissions by codename, as the groups have them.
RIGHTS_OF_SCOPES: dict[str, tuple[str, ...]] = {
    Scope.READ: (*VIEWS, *SEES_WEBHOOKS),
    Scope.SUBMIT: (*(name for name in ACTS if name not in (*REVEALS, *DOWNLOADS)), *KEEPS_WEBHOOKS),
    Scope.REVEAL: REVEALS,
    Scope.DOWNLOAD: DOWNLOADS,
}
USE_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def make(
    *, name: str, organization: Organization, scopes: Collection[str], lifetime: timedelta | None, user: User | None
) -> tuple[ApiToken, str]:
    """A new token and its text, which is kept nowhere: show it once. Without a lifetime it lasts until it is revoked."""
    wanted = [scope for scope in Scope.values if scope in scopes]
    service = _service_user(name, organization, wanted)
    token, text = ApiToken.objects.make(
        user=service, lifetime=lifetime, name=name, organization=organization, scopes=wanted, made_by=user
    )
    _record("token.made", token, user)
    return token, text


def revoke(token: ApiToken, user: User) -> bool:
    """The token is taken no more. False when it was revoked already."""
    with transaction.atomic():
        revoked = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
        if revoked:
            User.objects.filter(pk=token.user_id).update(is_active=False)
            _record("token.revoked", token, user)
    return bool(revoked)


def note_use(token: ApiToken) -> None:
    """That it was used, to the minute: not one write for each call."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        not_noted = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        ApiToken.objects.filter(not_noted, pk=token.pk).update(last_used_at=now)


def rights_of(scopes: Iterable[str]) -> QuerySet[Permission]:
    """What tokens with these scopes may do."""
    names = {name for scope in scopes for name in RIGHTS_OF_SCOPES.get(scope, ())}
    return Permission.objects.filter(codename__in=names)


def restore_members(organization: Organization) -> None:
    """A form that gives the organization its people does not know of service users: they stay members."""
    organization.members.add(*User.objects.filter(is_integration=True, auth_token_set__organization=organization))


def refresh_rights(**_: Any) -> None:
    """After an upgrade a scope may stand for more: give it to the tokens that are there."""
    for token in ApiToken.objects.filter(revoked_at=None).select_related("user"):
        token.user.user_permissions.set(rights_of(token.scopes))


def connect() -> None:
    """Run after migrations, as the groups are filled then (`portal.permissions`)."""
    post_migrate.connect(refresh_rights, dispatch_uid="portal.refresh_rights")


def _service_user(name: str, organization: Organization, scopes: Collection[str]) -> User:
    user = User(
        username=f"integration-{slugify(name)[:100] or 'token'}-{secrets.token_hex(3)}",
        first_name=name[:150],
        is_integration=True,
    )
    user.set_unusable_password()
    user.save(force_insert=True)
    user.organizations.add(organization)
    user.user_permissions.set(rights_of(scopes))
    return user


def _record(action: str, token: ApiToken, user: User | None) -> None:
    """Under the id of its service user, who is the actor of all that is done with it."""
    audit.record(
        action,
        actor=user,
        organization=token.organization,
        obj=token.user,
        details={"scopes": ", ".join(token.scopes), "expires": token.expiry.isoformat() if token.expiry else "never"},
    )
