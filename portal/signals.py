"""Sign-ins and sign-outs go into the audit trail."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from portal import audit
from portal.models import User


@receiver(user_logged_in)
def audit_sign_in(user: User, **_: Any) -> None:
    """Somebody signed in."""
    audit.record("user.signed_in", actor=user, organization=None, obj=user)


@receiver(user_logged_out)
def audit_sign_out(user: User | None, **_: Any) -> None:
    """Somebody signed out; nobody, when the session was over already."""
    if user is not None:
        audit.record("user.signed_out", actor=user, organization=None, obj=user)


@receiver(user_login_failed)
def audit_refused_sign_in(**_: Any) -> None:
    """A sign-in was refused. The name typed is not kept: people type passwords into that field."""
    audit.record("user.sign_in_refused", actor=None, organization=None, obj=None)
