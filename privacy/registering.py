"""What this app tells the portal of itself: its pages, its background work, and what the portal asks it about."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.urls import reverse
from django.utils.translation import gettext_noop as noop

from portal import registry
from portal.calendar import feeds
from privacy import (
    addressed,
    catalog,
    due_calendar,
    elsewhere,
    figures,
    files,
    lists,
    reminding,
    searching,
    submission,
    tasks,
    unconfirmed,
)
from privacy.consent import sending
from privacy.events import working
from privacy.handling import assigning
from privacy.home import read as home
from privacy.models import PrivacyRequest
from privacy.shipped import filling
from privacy.tables import receiving as tables_receiving
from privacy.tables import remembering as tables_remembering


def pages() -> None:
    """Entries of the header, lists, the home page, the search box, the calendar, the API."""
    registry.add_navigation(
        noop("Requests"),
        "privacy:request-list",
        order=10,
        further_paths=("/hand-over/", "/jobs/", "/people/", "/elsewhere/", "/laws/", "/products/", "/report/"),
    )
    registry.add_navigation(noop("Make a request"), "privacy:make", order=20, further_paths=("/uploads/", "/drafts/", "/tables/"))
    registry.add_navigation(noop("Opt-outs"), "privacy:opt-out-list", order=30)
    registry.add_first_request(PrivacyRequest.objects.exists, lambda: reverse("privacy:make"))
    registry.add_home(home, order=10)
    registry.add_figures(figures.read)
    registry.add_person_link(assigning.link_of_leaver)
    registry.add_api_routes("privacy.api.urls")
    feeds.add_source(due_calendar.SOURCE)
    lists.register()
    searching.register()


def laws_and_products(app: AppConfig) -> None:
    """The tables that an administrator adds to, filled with what ships, and the choices that come from them."""
    catalog.connect()
    post_migrate.connect(filling.after_migrations, sender=app, dispatch_uid="privacy.shipped")
    registry.add_product_choices(catalog.product_choices)
    registry.add_law_choices(catalog.law_choices)


def background_work() -> None:
    """The steps, and what lets their queues go on after a hold."""
    tasks.register_steps()
    registry.on_resume(submission.resume)
    registry.on_resume(sending.resume)
    registry.keep_setting("ims_org_id", addressed.why_ims_org_stays)


def nightly_work() -> None:
    """What is begun once a night, in this order."""
    registry.on_daily(elsewhere.start_for_all)
    registry.on_daily(reminding.tell_due_soon)
    registry.on_daily(reminding.tell_results_expire)
    registry.on_daily(working.forget_old)
    registry.on_daily(tables_receiving.forget_old)
    registry.on_daily(tables_remembering.forget_old)
    registry.on_daily(unconfirmed.discard_old)


def stored_files() -> None:
    """Which files are kept because a row names them."""
    registry.add_file_owner("uploads", files.owned_uploads)
    registry.add_file_owner("uploads", files.owned_tables)
    registry.add_file_owner("archives", files.owned_archives)
