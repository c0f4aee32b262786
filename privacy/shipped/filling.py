"""Puts what ships into the tables. What stands there already is never touched: an administrator may have changed it."""

from __future__ import annotations

from typing import Any

from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.db import DEFAULT_DB_ALIAS

from privacy.deadlines import Deadline
from privacy.shipped.laws import LAWS
from privacy.shipped.products import PRODUCTS


def add_missing(apps: Apps, using: str = DEFAULT_DB_ALIAS) -> None:
    """Add the laws, deadlines and products that are not there yet."""
    _add_laws(apps, using)
    _add_products(apps, using)


def after_migrations(*, using: str = DEFAULT_DB_ALIAS, apps: Apps = current_apps, **_: Any) -> None:
    """For `post_migrate`, so that a new release brings its laws, and a database that was emptied is whole again.

    Also sent after a migration to an older state that has no such tables.
    """
    known = {model._meta.label_lower for model in apps.get_models()}
    if {"privacy.law", "privacy.lawdeadline", "privacy.adobeproduct"} <= known:
        add_missing(apps, using)


def _add_laws(apps: Apps, using: str) -> None:
    law_model, deadline_model = apps.get_model("privacy", "Law"), apps.get_model("privacy", "LawDeadline")
    there = set(law_model.objects.using(using).values_list("code", flat=True))
    new = [law for law in LAWS if law.code not in there]
    law_model.objects.using(using).bulk_create(
        law_model(code=law.code, name=law.name, aliases=list(law.aliases), misspellings=list(law.misspellings)) for law in new
    )
    deadline_model.objects.using(using).bulk_create(
        deadline_model(
            law_id=law.code,
            action=action,
            amount=rule.amount,
            unit=rule.unit.value,
            extension=rule.extension,
            source=rule.source,
            **_numbers_of(deadline_model, rule),
        )
        for law in new
        for action, rule in law.deadlines.items()
    )


def add_extensions(apps: Apps, using: str = DEFAULT_DB_ALIAS) -> None:
    """Give the deadlines that stand as they shipped the number that their words of extension mean."""
    model = apps.get_model("privacy", "LawDeadline")
    for law in LAWS:
        for action, rule in law.deadlines.items():
            as_shipped = {"amount": rule.amount, "unit": rule.unit.value, "extension": rule.extension, "extension_amount": None}
            model.objects.using(using).filter(law_id=law.code, action=action, **as_shipped).update(**_numbers_of(model, rule))


def _numbers_of(model: Any, rule: Deadline) -> dict[str, Any]:
    """The columns of an extension; none for a model of the migrations before there were any."""
    if not any(field.name == "extension_amount" for field in model._meta.get_fields()):
        return {}
    return {"extension_amount": rule.extension_amount, "extension_unit": rule.extension_unit.value, "pause": rule.pause}


def _add_products(apps: Apps, using: str) -> None:
    model = apps.get_model("privacy", "AdobeProduct")
    there = set(model.objects.using(using).values_list("code", flat=True))
    model.objects.using(using).bulk_create(
        model(
            code=product.code,
            name=product.name,
            older_codes=list(product.older_codes),
            answer_names=list(product.answer_names),
            namespaces=list(product.namespaces),
            supports_opt_out=product.supports_opt_out,
            access_returns=product.access_returns,
            delete_does=product.delete_does,
        )
        for product in PRODUCTS
        if product.code not in there
    )
