"""What a caller may do: the permissions of the pages, one for each method of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:
    # REST framework imports this module while it makes APIView.
    from rest_framework.views import APIView


class HasRights(BasePermission):
    """A view names its permissions by method in `rights`. A method that it does not have is refused as such, not as forbidden."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Signed in, and with the right."""
        if not request.user.is_authenticated:
            return False
        method = "GET" if request.method == "HEAD" else str(request.method)
        needed: tuple[str, ...] = getattr(view, "rights", {}).get(method, ())
        return request.user.has_perms(needed)
