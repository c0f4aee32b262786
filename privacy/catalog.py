"""The laws and products of this portal: their tables, read once and kept by each process for a short while.

What an administrator adds works in the process that saved it at once, and in every other within half a minute.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from privacy.deadlines import Deadline, Unit
from privacy.known import Catalog
from privacy.models import AdobeProduct, Law, LawDeadline
from privacy.products import Product, Products
from privacy.regulations import Regulation, Regulations

KEPT_SECONDS: Final = 30.0


@dataclass(frozen=True)
class _Kept:
    catalog: Catalog
    read_at: float


_kept: _Kept | None = None


def current() -> Catalog:
    """The catalog as it is, at most half a minute old."""
    global _kept  # noqa: PLW0603 - one for each process
    kept = _kept
    if kept is None or time.monotonic() - kept.read_at > KEPT_SECONDS:
        read_at = time.monotonic()
        kept = _kept = _Kept(Catalog(_read_laws(), _read_products()), read_at)
    return kept.catalog


def forget() -> None:
    """Read the tables anew next time."""
    global _kept  # noqa: PLW0603
    _kept = None


def product_name(code: str) -> str:
    """What people call the product; the code itself when it is not known."""
    return current().products.name(code)


def law_name(code: str) -> str:
    """What people call the law; the code itself when it is not known."""
    return current().laws.name(code)


def codes_of(law: str) -> list[str]:
    """The code given, then every other code of the same law: Adobe may list a job under any of them."""
    return current().laws.codes_of(law)


def governing(law: str, actions: Iterable[str], received_on: date) -> Deadline | None:
    """The rule whose date comes first of several actions, or None when none of them has one."""
    rules = [rule for action in sorted(set(actions)) if (rule := current().laws.deadline(law, action)) is not None]
    return min(rules, key=lambda rule: rule.after(received_on), default=None)


def due_on(law: str, action: str, received_on: date) -> date | None:
    """The last day on which an answer is in time, or None where the law gives no number."""
    return current().laws.due_on(law, action, received_on)


def earliest_due(law: str, actions: Iterable[str], received_on: date) -> date | None:
    """The first of the due dates of several actions, or None when none of them has one."""
    return current().laws.earliest_due(law, actions, received_on)


def product_choices() -> list[tuple[str, str]]:
    """Code and name of every product that a request can name."""
    return [(product.code, product.name) for product in current().products.entries if product.is_offered]


def law_choices() -> list[tuple[str, str]]:
    """Code and name of every law that a request can be made under."""
    return [(law.code, law.name) for law in current().laws.entries if law.is_offered]


def _read_laws() -> Regulations:
    deadlines: dict[str, dict[str, Deadline]] = {}
    for row in LawDeadline.objects.order_by("action"):
        deadlines.setdefault(row.law_id, {})[row.action] = Deadline(
            amount=row.amount,
            unit=Unit(row.unit),
            source=row.source,
            extension=row.extension,
            extension_amount=row.extension_amount,
            extension_unit=Unit(row.extension_unit or Unit.DAYS.value),
            pause=row.pause,
        )
    return Regulations(
        tuple(
            Regulation(
                law.code, law.name, tuple(law.aliases), tuple(law.misspellings), deadlines.get(law.code, {}), law.is_offered
            )
            for law in Law.objects.order_by("name")
        )
    )


def _read_products() -> Products:
    return Products(
        tuple(
            Product(
                code=row.code,
                name=row.name,
                namespaces=tuple(row.namespaces),
                supports_opt_out=row.supports_opt_out,
                access_returns=row.access_returns,
                delete_does=row.delete_does,
                older_codes=tuple(row.older_codes),
                answer_names=tuple(row.answer_names),
                is_offered=row.is_offered,
            )
            for row in AdobeProduct.objects.order_by("name")
        )
    )


def _changed(sender: type[Model], **_: Any) -> None:
    """Now, for whoever goes on in the same transaction; and once it is over, since others read the old rows until then."""
    if sender in (Law, LawDeadline, AdobeProduct):
        forget()
        transaction.on_commit(forget)


def connect() -> None:
    """Notice changes that this process makes to the tables."""
    for signal in (post_save, post_delete):
        signal.connect(_changed, dispatch_uid="privacy.catalog")
