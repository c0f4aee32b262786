"""Two RSA keys, of which Adobe may exchange one at a time, and the headers with what they signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from portal.simulator.calls import EVENT_KEYS

KEY_BITS = 2048


@dataclass(frozen=True)
class SigningKey:
    """A key and the path that its public half is served at."""

    path: str
    private: rsa.RSAPrivateKey

    def sign(self, body: bytes) -> str:
        return base64.b64encode(self.private.sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()

    @property
    def pem(self) -> bytes:
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def new_key() -> SigningKey:
    return SigningKey(f"{EVENT_KEYS}pub-key-{uuid.uuid4()}.pem", rsa.generate_private_key(65537, KEY_BITS))


class Signer:
    """The keys in force, made when they are first needed. Keys that were in force before are still served."""

    def __init__(self) -> None:
        self._served: dict[str, bytes] = {}

    @cached_property
    def _keys(self) -> list[SigningKey]:
        keys = [new_key(), new_key()]
        self._served |= {key.path: key.pem for key in keys}
        return keys

    @cached_property
    def _forger(self) -> SigningKey:
        return new_key()

    def pem(self, path: str) -> bytes | None:
        return self._served.get(path)

    def rotate(self) -> None:
        """The first key is exchanged."""
        fresh = new_key()
        self._served[fresh.path] = fresh.pem
        self._keys[:] = [fresh, self._keys[0]]

    def headers(self, body: bytes, client_secret: str, *, forged: bool = False) -> dict[str, str]:
        """Of a delivery. A forged one names Adobe's own keys, and is signed with another."""
        first, second = self._keys
        signing = (self._forger, self._forger) if forged else (first, second)
        return {
            "x-adobe-signature": legacy_signature(body, client_secret),
            "x-adobe-digital-signature-1": signing[0].sign(body),
            "x-adobe-digital-signature-2": signing[1].sign(body),
            "x-adobe-public-key1-path": first.path,
            "x-adobe-public-key2-path": second.path,
        }


def legacy_signature(body: bytes, client_secret: str) -> str:
    return base64.b64encode(hmac.new(client_secret.encode(), body, hashlib.sha256).digest()).decode()
