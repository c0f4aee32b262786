"""The demo's own internal system: a token for the API, kept beside the passwords, for the owner's eyes only."""

from __future__ import annotations

from pathlib import Path

from portal import tokens
from portal.api.authentication import find_token
from portal.demo.environment import write_once
from portal.demo.people import ACME
from portal.models import Organization, Scope


def introduction(address: str, token_file: Path) -> list[str]:
    """Lines to print: the token, a command that uses it, and where it is documented."""
    text = _token(token_file)
    return [
        text,
        f'curl -H "Authorization: Bearer {text}" {address}/api/v1/requests',
        f"{address}/api/docs/ says what else there is",
    ]


def _token(file: Path) -> str:
    """The one that was made before, as long as it is taken; else a new one with every scope."""
    kept = file.read_text(encoding="ascii").strip() if file.exists() else ""
    token = find_token(kept)
    if token is not None and token.is_live:
        return kept
    organization = Organization.objects.get(ims_org_id=ACME.ims_org_id)
    _, text = tokens.make(name="Demo system", organization=organization, scopes=Scope.values, lifetime=None, user=None)
    file.unlink(missing_ok=True)
    write_once(file, text)
    return text
