"""The app that answers data-subject requests through Adobe Privacy Service."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate
from django.urls import reverse
from django.utils.translation import gettext_noop as noop

from portal import registry


class PrivacyConfig(AppConfig):
    """Privacy requests, jobs, results."""

    name = "privacy"
    verbose_name = "Privacy requests"

    def ready(self) -> None:
        """Bring this app's pages, background steps and products, and let its queue go on after a hold."""
        # They need the app registry.
        from portal.calendar import feeds  # noqa: PLC0415
        from privacy import (  # noqa: PLC0415
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
        )
        from privacy.consent import sending  # noqa: PLC0415
        from privacy.events import working  # noqa: PLC0415
        from privacy.home import read as home  # noqa: PLC0415
        from privacy.models import PrivacyRequest  # noqa: PLC0415
        from privacy.shipped import filling  # noqa: PLC0415
        from privacy.tables import receiving as tables_receiving  # noqa: PLC0415

        tasks.register_steps()
        catalog.connect()
        lists.register()
        post_migrate.connect(filling.after_migrations, sender=self, dispatch_uid="privacy.shipped")
        registry.add_navigation(
            noop("Requests"),
            "privacy:request-list",
            order=10,
            further_paths=("/hand-over/", "/jobs/", "/people/", "/elsewhere/", "/laws/", "/products/", "/report/"),
        )
        registry.add_navigation(
            noop("Make a request"), "privacy:make", order=20, further_paths=("/uploads/", "/drafts/", "/tables/")
        )
        registry.add_product_choices(catalog.product_choices)
        registry.add_law_choices(catalog.law_choices)
        registry.add_home(home, order=10)
        registry.add_navigation(noop("Opt-outs"), "privacy:opt-out-list", order=30)
        registry.on_resume(submission.resume)
        registry.on_resume(sending.resume)
        registry.keep_setting("ims_org_id", addressed.why_ims_org_stays)
        registry.add_first_request(PrivacyRequest.objects.exists, lambda: reverse("privacy:make"))
        searching.register()
        registry.on_daily(elsewhere.start_for_all)
        registry.add_figures(figures.read)
        feeds.add_source(due_calendar.SOURCE)
        registry.on_daily(reminding.tell_due_soon)
        registry.on_daily(reminding.tell_results_expire)
        registry.on_daily(working.forget_old)
        registry.on_daily(tables_receiving.forget_old)
        registry.add_api_routes("privacy.api.urls")
        registry.add_file_owner("uploads", files.owned_uploads)
        registry.add_file_owner("uploads", files.owned_tables)
        registry.add_file_owner("archives", files.owned_archives)
        if settings.PORTAL_ENVIRONMENT == "demo":
            from privacy import demo  # noqa: PLC0415 - nothing else needs it

            demo.register()
