"""A file of many people with four identities each, written without holding it in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

IDENTITIES = 4
ACTIONS = ("access", "delete")
PRODUCTS = ("analytics", "profileService")


def person(number: int, *, prefix: str = "case") -> dict[str, Any]:
    """One entry of `users`. No two numbers share an identity."""
    return {
        "key": f"{prefix}-{number:07}",
        "action": list(ACTIONS),
        "userIDs": [
            {"namespace": "email", "value": f"{prefix}.number{number}@customers.example.com", "type": "standard"},
            {"namespace": "ECID", "value": f"{number:038}", "type": "standard"},
            {"namespace": "phone", "value": f"+4670{number:08}", "type": "standard"},
            {"namespace": "loyaltyNumber", "value": f"{prefix}-L{number:010}", "type": "custom", "isDeletedClientSide": False},
        ],
    }


def write(path: Path, people: int, *, prefix: str = "case") -> int:
    """The file of so many people. Returns its size in bytes."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"companyContexts": [], "users": [\n')
        for number in range(1, people + 1):
            file.write(json.dumps(person(number, prefix=prefix)) + (",\n" if number < people else "\n"))
        file.write(f'], "include": {json.dumps(PRODUCTS)}, "regulation": "gdpr", "expandIds": false}}\n')
    return path.stat().st_size
