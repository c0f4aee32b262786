"""Members of staff."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A member of staff. Rights come from groups; what they reach comes from their organizations."""

    # An internal system that uses the API: it has no password and cannot sign in.
    is_integration = models.BooleanField(default=False, editable=False)

    def may(self, permission: str) -> bool:
        """Whether this person has a permission named as app.codename."""
        return self.is_active and self.has_perm(permission)
