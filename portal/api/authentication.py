"""Who calls: an integration by its token, or a person by the session of the pages."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.crypto import hash_token
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from portal import tokens
from portal.models import ApiToken, User

SCHEME = "Bearer"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer TOKEN`. Knox's own class deletes tokens that have run out; here they stay to be seen."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The service user and the token; None without such a header. Raises AuthenticationFailed."""
        scheme, _, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() != SCHEME.lower().encode():
            return None
        token = find_token(text.strip().decode("latin-1"))
        if token is None or not token.is_live or not token.user.is_active:
            raise AuthenticationFailed
        tokens.note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - REST framework's signature
        """Makes a missing token a 401."""
        return SCHEME


def find_token(text: str) -> ApiToken | None:
    """By its digest: a look-up by what cannot be guessed needs no comparison in constant time."""
    return ApiToken.objects.select_related("user", "organization").filter(digest=hash_token(text)).first()


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # it registers itself
    """How the schema names it."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002
        """OpenAPI, security scheme object."""
        return {"type": "http", "scheme": "bearer", "description": "A token of an integration, made in Administration."}
