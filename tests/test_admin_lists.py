"""Every page of the admin stays fast at a million rows, whichever model is registered there: a new one is looked at by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal import audit, paging, registry, tokens
from portal.admin import base
from portal.admin.base import CappedPaginator, ReadOnlyAdmin
from portal.ids import new_id
from portal.models import (
    ApiToken,
    AuditEvent,
    MailTrouble,
    Organization,
    RuntimeSetting,
    Scope,
    StepRun,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)
from portal.webhooks import registering
from privacy.models import (
    AdobeEvent,
    AdobeProduct,
    DataSubject,
    EventSource,
    IdentityDigest,
    Job,
    Law,
    OtherSystem,
    PrivacyRequest,
)
from privacy.statuses import EventWay
from tests.admins import open_page, signed_in
from tests.grown import Ground, grow
from tests.pages import Browser
from tests.people import PASSWORD, make_user

ModelAdmin = Any
SITE: dict[type[models.Model], ModelAdmin] = dict(admin.site._registry)
# What people keep by hand or what is declared: hundreds of rows at most. Every other table grows with the requests.
KEPT_BY_HAND = {
    Organization,
    User,
    Group,
    ApiToken,
    WebhookEndpoint,
    EventSource,
    Law,
    AdobeProduct,
    OtherSystem,
    RuntimeSetting,
    StepRun,
}
LARGE = [model for model in SITE if model not in KEPT_BY_HAND]
# Of each there are few, so an index that begins with one serves a search below it.
OF_FEW = {"organization", "source"}
# Searches without an index, each with the reason why that is fast all the same.
UNINDEXED = {("privacy.AdobeEvent", "adobe_job_id__exact"): "events are kept for 30 days"}


def label(model: type[models.Model]) -> str:
    """As test ids have it."""
    return model._meta.label


every_admin = pytest.mark.parametrize("model", SITE, ids=label)
every_large_admin = pytest.mark.parametrize("model", LARGE, ids=label)


# --- How lists are declared ---


@every_admin
def test_its_list_counts_to_ten_thousand_at_most(model: type[models.Model]) -> None:
    shown = SITE[model]
    assert issubclass(shown.paginator, CappedPaginator)
    assert not shown.show_full_result_count


@every_large_admin
def test_a_large_table_is_only_looked_at_and_read_along_its_key(model: type[models.Model]) -> None:
    shown = SITE[model]
    assert isinstance(shown, ReadOnlyAdmin)
    assert shown.sortable_by == ()
    assert shown.list_per_page <= 100
    # E-mail that does not go out is a few rows as long as it is looked after.
    assert model is MailTrouble or is_indexed(model, shown.ordering[0].lstrip("-"))


@every_large_admin
def test_a_large_table_is_searched_by_whole_values_that_an_index_has(model: type[models.Model]) -> None:
    shown = SITE[model]
    for lookup in shown.search_fields:
        assert lookup.endswith("__exact"), lookup
        if (label(model), lookup) not in UNINDEXED:
            *path, name = lookup.removesuffix("__exact").split("__")
            assert is_indexed(follow(model, path), name, shown.found_only.get(lookup, {})), lookup


@every_large_admin
def test_a_large_table_is_not_read_for_what_it_can_be_narrowed_by(model: type[models.Model]) -> None:
    for entry in SITE[model].list_filter:
        if isinstance(entry, str):
            field: Any = model._meta.get_field(entry)
            # Without choices Django looks for every value that there is.
            assert field.choices or isinstance(field, models.BooleanField | models.DateField), entry
        elif isinstance(entry, tuple):
            assert entry[1] is base.VisibleOrganizationFilter, entry
        else:
            assert issubclass(entry, admin.SimpleListFilter), entry


def follow(model: type[models.Model], path: list[str]) -> type[models.Model]:
    """The model at the end of a lookup."""
    for name in path:
        related = model._meta.get_field(name).related_model
        assert isinstance(related, type)
        model = related
    return model


def is_indexed(model: type[models.Model], name: str, where: dict[str, Any] | None = None) -> bool:
    """Whether an index leads to rows by this column; one with a condition only where the search has it as well."""
    field: Any = model._meta.get_field(name)
    if field.unique or field.db_index:
        return True
    every: list[Any] = [*model._meta.indexes, *model._meta.constraints]
    return any(begins_with(one, name) and holds(one.condition, where or {}) for one in every if hasattr(one, "fields"))


def begins_with(index: Any, name: str) -> bool:
    """Whether nothing but what there are few of stands before the column."""
    columns = [column.lstrip("-") for column in index.fields]
    return name in columns and set(columns[: columns.index(name)]) <= OF_FEW


def holds(condition: models.Q | None, where: dict[str, Any]) -> bool:
    """Whether rows of the search are in the index."""
    return condition is None or condition == models.Q(**where)


def test_a_column_without_an_index_is_found() -> None:
    assert is_indexed(PrivacyRequest, "number")
    assert is_indexed(Job, "adobe_job_id")
    assert not is_indexed(Job, "adobe_status")
    assert is_indexed(AuditEvent, "object_id", {"root_id": ""})
    assert not is_indexed(AuditEvent, "object_id")
    with pytest.raises(FieldDoesNotExist):
        is_indexed(Job, "nonsense")


# --- What its pages offer and ask for ---


@pytest.fixture
def root(db: None) -> Client:
    """The browser of a superuser."""
    return signed_in(User.objects.create_superuser("root", password=PASSWORD))


def test_nobody_changes_who_is_in_a_request(root: Client) -> None:
    assert not {DataSubject, IdentityDigest} & set(SITE)


@pytest.fixture
def ground(media: Path, organization: Organization) -> Ground:
    """Of an officer."""
    officer = make_user("officer", "Officer", organization)
    return Ground(organization, officer, Browser.of(officer))


def grow_portal(ground: Ground, count: int) -> None:
    """What the admin shows of the portal itself."""
    organization, user = ground.organization, ground.user
    endpoint = WebhookEndpoint(organization=organization, url="https://internal.example.com/", event_types=["request.complete"])
    registering.new_secret(endpoint)
    endpoint.save()
    source, _made = EventSource.objects.get_or_create(organization=organization, defaults={"way": EventWay.WEBHOOK})
    for _ in range(count):
        number, now = ground.number(), timezone.now()
        tokens.make(name=f"System {number}", organization=organization, scopes=Scope.values, lifetime=None, user=user)
        audit.record("organization.tested", actor=user, organization=organization, obj=organization)
        audit.seal()
        told = {"event_id": new_id(), "event_type": "request.complete", "root_id": organization.pk, "payload": {}}
        WebhookDelivery.objects.create(endpoint=endpoint, **told)
        event = AdobeEvent(source=source, event_id=f"event-{number}", event_type="job")
        event.raw = b"{}"
        event.save()
        person = make_user(f"mailed-{number}", "Officer", organization)
        MailTrouble.objects.create(name=str(person.pk), user=person, since=now, next_attempt_at=now, error="SMTPDataError")
        OtherSystem.objects.create(organization=organization, name=f"Other system {number}")
        Group.objects.create(name=f"Group {number}")


def addresses() -> dict[str, str]:
    """The list of each model, and the page of its newest row."""
    found = {}
    for model in SITE:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found[f"{label(model)} list"] = reverse(f"{name}_changelist")
        newest = model._default_manager.order_by("-pk").first()
        if newest is not None and model not in {RuntimeSetting, StepRun}:
            found[f"{label(model)} page"] = reverse(f"{name}_change", args=[quote(newest.pk)])
    return found


def asked(client: Client, address: str) -> list[str]:
    """The statements that a page takes, once what a process keeps in memory is there."""
    open_page(client, address)
    with CaptureQueriesContext(connection) as captured:
        open_page(client, address)
    return [query["sql"] for query in captured]


def test_its_pages_ask_as_much_for_many_rows_as_for_few(root: Client, ground: Ground) -> None:
    grow(ground, 2)
    grow_portal(ground, 2)
    few = {name: asked(root, address) for name, address in addresses().items()}
    assert {name for name in few if name.endswith("page")} >= {f"{label(model)} page" for model in LARGE}
    grow(ground, 5)
    grow_portal(ground, 5)
    many = {name: asked(root, address) for name, address in addresses().items()}
    grown = {name: (len(few[name]), len(many[name])) for name in many if len(many[name]) > len(few[name])}
    assert grown == {}
    # When each step runs next is a question to a table of its own; there are as many as there are steps.
    several = {name: len(many[name]) for name in many if name.endswith("list") and len(many[name]) > 12}
    assert several.keys() == {"portal.StepRun list"}
    assert several["portal.StepRun list"] <= 2 * len(registry.steps()) + 12
    assert {name: found for name in many if (found := reads_a_whole_table(many[name]))} == {}


def reads_a_whole_table(statements: list[str]) -> list[str]:
    """Counts without an end, and looks for every value of a column, in a table that grows; not among the parts of one request."""
    tables = "|".join(re.escape(model._meta.db_table) for model in LARGE)
    parts_of_one = re.compile(r'WHERE .*"(request|record_delete)_id" = ')
    in_large = [one for one in statements if re.search(rf'FROM "({tables})"', one) and not parts_of_one.search(one)]
    return [one for one in in_large if ("COUNT(" in one and "LIMIT" not in one) or "SELECT DISTINCT" in one]


def test_its_pages_offer_no_rows_of_a_large_table_to_choose_from(root: Client, ground: Ground) -> None:
    grow(ground, 2)
    grow_portal(ground, 2)
    keys = {str(key) for model in LARGE for key in model._default_manager.values_list("pk", flat=True)}
    for name, address in addresses().items():
        html = root.get(address).content.decode()
        offered = set(re.findall(r'<option[^>]* value="([^"]+)"', html))
        # The keys of people and seals are small numbers, which other lists of choices have as well.
        assert not {one for one in offered & keys if "-" in one}, name


# --- What is said where counting stops ---


@pytest.fixture
def counting_to_three(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """As if three were ten thousand."""

    def lower() -> None:
        monkeypatch.setattr(paging, "MOST_COUNTED", 3)
        monkeypatch.setattr(base, "MOST_COUNTED", 3)

    return lower


def test_a_long_list_says_that_there_is_more(root: Client, ground: Ground, counting_to_three: Callable[[], None]) -> None:
    for _ in range(5):
        audit.record("organization.tested", actor=ground.user, organization=ground.organization, obj=ground.organization)
    address = reverse("admin:portal_auditevent_changelist")
    assert "There are more" not in open_page(root, address).html
    counting_to_three()
    page = open_page(root, address)
    assert "The first 3 audit events. There are more: search or filter to reach them." in page.html


def test_the_trail_is_searched_by_object_and_action(root: Client, ground: Ground) -> None:
    audit.record("organization.tested", actor=ground.user, organization=ground.organization, obj=ground.organization)
    audit.record("organization.held", actor=ground.user, organization=ground.organization, obj=ground.organization)
    address = reverse("admin:portal_auditevent_changelist")

    def found(words: str) -> int:
        answer: Any = root.get(address, {"q": words})
        return len(answer.context["cl"].result_list)

    assert found(str(ground.organization.pk)) == 2
    assert found("organization.held") == 1
    assert found(" organization.held ") == 1
    assert found("organization") == 0
