"""What one organization needs to speak with Adobe."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """`ims_org_id` has the form `…@AdobeOrg`; `client_id` is the API key too (Privacy Service API, getting started).

    `gateway_url` and `ims_url` are base addresses, `https://platform.adobe.io` and `https://ims-na1.adobelogin.com` in
    production. `download_hosts` ("host" or "host:port") may serve result files beside the gateway; they never see the
    token.
    """

    ims_org_id: str
    client_id: str
    client_secret: str = field(repr=False)
    gateway_url: str
    ims_url: str
    scopes: tuple[str, ...]
    download_hosts: tuple[str, ...] = ()
