"""Tries an organization's credentials, step by step, and says in plain words what to do about the first that fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.adobe.addresses import Address
from portal.adobe.credentials import Credentials
from portal.adobe.errors import AdobeError, NotFound, NotSent, OrganizationBlocked, Paced, Rejected, Throttled
from portal.adobe.metering import Meter
from portal.adobe.privacy_service import JOBS, PrivacyService
from portal.adobe.tokens import TOKEN_ROUTE, MemoryTokenStore, TokenSource, configured_address
from portal.adobe.transport import Transport

DNS, TLS, TOKEN, ENTITLEMENT, LISTING = "dns", "tls", "token", "entitlement", "listing"

_UNREACHABLE = {
    "dns": (
        DNS,
        "The name {host} is not known.",
        "Check the address for typing errors, then whether this machine's DNS resolves it.",
    ),
    "connect": (
        TLS,
        "{host} does not accept a connection on port {port}.",
        "Check the port, and whether a firewall lets this machine out to it. A proxy is not supported.",
    ),
    "tls": (
        TLS,
        "No trusted encrypted connection to {host} came about.",
        (
            "Its certificate may be expired, for another name, or from an authority that this machine does not know; a "
            "firewall that inspects traffic does that. Add its authority to the CA file, or except this host."
        ),
    ),
}
_FORBIDDEN = {
    "403000": ("The gateway saw no API key.", "Enter the client id of the OAuth Server-to-Server credential."),
    "403003": (
        "The gateway does not know this client id as an API key.",
        "Copy the client id from the Developer Console again, and check that it belongs to this environment.",
    ),
    "403025": (
        "The token does not belong to this IMS organization.",
        "Check the IMS organization id: 24 letters and digits and @AdobeOrg, the one that the credential was made in.",
    ),
}
_BLOCKED = {
    "credentials": (
        "The client id cannot be used, or a second token request was refused.",
        "Copy client id and client secret from the Developer Console again.",
    ),
    "unauthorized": (
        "The gateway refuses a token that was made this minute.",
        "Check that the gateway and the IMS address are of the same environment (both production, or both stage).",
    ),
    "forbidden": (
        "The credential may not use Privacy Service.",
        (
            "In the Developer Console add the Privacy Service API to the project, with at least one Privacy Service "
            "product profile."
        ),
    ),
    "missing_org_header": (
        "The gateway did not see the IMS organization id.",
        "Fill in the IMS organization id. If it is there, something between here and Adobe removes the header.",
    ),
    "wrong_address": (
        "There is no Privacy Service at this address.",
        "Check the gateway address: https://platform.adobe.io, without a path.",
    ),
    "limit": ("Adobe refuses because of a limit.", "Try again later, and ask Adobe about this organization's limits."),
}
_CREDENTIALS = {
    "invalid_client": (
        "Adobe does not accept the client id and the client secret.",
        "Copy both from the Developer Console again; the secret may have been rotated.",
    ),
    "invalid_scope": (
        "Adobe does not accept the scopes.",
        "Copy the scopes of the credential from the Developer Console, separated by commas.",
    ),
}
_NOT_NOW = "Adobe may have a disturbance: try again in some minutes."


@dataclass(frozen=True)
class StepResult:
    """`detail` says what was found, `advice` what to do (empty when `ok`). Neither holds a secret."""

    step: str
    ok: bool
    detail: str
    advice: str = ""


def test_connection(credentials: Credentials, transport: Transport, meter: Meter) -> list[StepResult]:
    """The steps dns, tls, token, entitlement, listing in this order, up to and with the first that fails.

    Asks for a token of its own, so that the credentials are tried and not a token from before; changes nothing at
    Adobe. Its calls are of the organization's own, in whose `meter` they count.
    """
    store = MemoryTokenStore()
    tokens = TokenSource(store, transport, credentials, meter=meter)
    service = PrivacyService(credentials, store, transport, meter=meter)
    results = _reach(credentials, transport)
    steps: tuple[Callable[[], StepResult], ...] = (
        lambda: _token(tokens),
        lambda: _entitlement(service),
        lambda: _listing(service),
    )
    for step in steps:
        if not results[-1].ok:
            break
        results.append(step())
    return results


def _reach(credentials: Credentials, transport: Transport) -> list[StepResult]:
    named = {"IMS": (credentials.ims_url, TOKEN_ROUTE), "gateway": (credentials.gateway_url, JOBS)}
    addresses: list[Address] = []
    for what, (base, path) in named.items():
        try:
            addresses.append(configured_address(base, path))
        except OrganizationBlocked:
            detail = f"The {what} address is not a web address."
            return [StepResult(DNS, False, detail, "Enter it like this: https://host.name, without a path.")]
    failures = [failure for address in addresses if (failure := _unreachable(address, transport))]
    resolved = StepResult(DNS, True, "The names of the gateway and of IMS are known.")
    # A name that is not known comes first, whichever of the two it is.
    for failure in sorted(failures, key=lambda result: result.step != DNS):
        return [failure] if failure.step == DNS else [resolved, failure]
    return [resolved, StepResult(TLS, True, _how_connected(addresses))]


def _unreachable(address: Address, transport: Transport) -> StepResult | None:
    try:
        transport.probe(address)
    except NotSent as error:
        step, detail, advice = _UNREACHABLE[error.reason]
        return StepResult(step, False, detail.format(host=address.host, port=address.port), advice)
    return None


def _how_connected(addresses: list[Address]) -> str:
    plain = sorted({address.host for address in addresses if address.scheme == "http"})
    if plain:
        return f"Connected, without encryption, as the address says: {', '.join(plain)}."
    return "Both connections are encrypted, and their certificates are trusted."


def _token(tokens: TokenSource) -> StepResult:
    try:
        tokens.current()
    except AdobeError as error:
        return StepResult(TOKEN, False, *_token_failure(error))
    return StepResult(TOKEN, True, "Adobe gave a token.")


def _token_failure(error: AdobeError) -> tuple[str, str]:
    if isinstance(error, OrganizationBlocked) and error.reason == "wrong_address":
        return (
            "There is no token service at the IMS address.",
            "Check it: https://ims-na1.adobelogin.com, without path.",
        )
    if isinstance(error, OrganizationBlocked):
        detail, advice = _CREDENTIALS.get(
            error.code,
            (
                "Adobe refuses to give a token.",
                "Check client id, client secret and scopes against the Developer Console.",
            ),
        )
        return _with_words(detail, error), advice
    return _disturbed(error)


def _entitlement(service: PrivacyService) -> StepResult:
    try:
        service.ping()
    except (NotFound, Rejected):
        pass  # the gateway let us through: only what lies behind it did not know this path
    except AdobeError as error:
        return StepResult(ENTITLEMENT, False, *_service_failure(error))
    return StepResult(ENTITLEMENT, True, "The gateway accepts token, client id and organization.")


def _listing(service: PrivacyService) -> StepResult:
    try:
        service.list_jobs(regulation="gdpr", page=0, size=25)
    except Rejected as error:
        advice = "Privacy Service answers, but does not accept this portal's request: tell the portal's maintainers."
        return StepResult(LISTING, False, _with_words("Adobe refuses to list privacy jobs.", error), advice)
    except AdobeError as error:
        return StepResult(LISTING, False, *_service_failure(error))
    return StepResult(LISTING, True, "Privacy jobs can be listed.")


def _service_failure(error: AdobeError) -> tuple[str, str]:
    if not isinstance(error, OrganizationBlocked):
        return _disturbed(error)
    detail, advice = _FORBIDDEN.get(error.code) or _BLOCKED[error.reason]
    return _with_words(detail, error), advice


def _disturbed(error: AdobeError) -> tuple[str, str]:
    if isinstance(error, Paced):
        return "The organization's calls a minute are used up, so Adobe was not asked.", "Wait a minute, then try again."
    if isinstance(error, Throttled):
        return "Adobe says that too many calls were made.", "Wait some minutes, then try again."
    if error.http_status:
        return _with_words(f"Adobe answered with HTTP {error.http_status}.", error), _NOT_NOW
    return "Adobe gave no answer that can be used.", _NOT_NOW


def _with_words(detail: str, error: AdobeError) -> str:
    return f"{detail} Adobe's words: {error.words}" if error.words else detail
