"""The app for Adobe Data Hygiene: record deletes, dataset expirations and quotas."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_noop as noop

from portal import registry


class HygieneConfig(AppConfig):
    """Data Hygiene."""

    name = "hygiene"
    verbose_name = "Data hygiene"

    def ready(self) -> None:
        """Bring this app's pages, background steps and files, and let its queue go on after a hold."""
        from hygiene import addressed, figures, files, lists, reminding, restoring, searching, submission, tasks, unconfirmed  # noqa: PLC0415 - they need the app registry
        from hygiene.expirations import sending as expiration_sending  # noqa: PLC0415
        from hygiene.home import read as home  # noqa: PLC0415

        tasks.register_steps()
        lists.register()
        registry.add_navigation(noop("Record deletes"), "hygiene:record-delete-list", order=50, further_paths=("/work-orders/",))
        registry.add_navigation(noop("Dataset expirations"), "hygiene:expiration-list", order=60, further_paths=("/quotas/",))
        searching.register()
        registry.on_resume(submission.resume)
        registry.on_resume(expiration_sending.resume)
        registry.keep_setting("sandbox_name", addressed.why_sandbox_stays)
        registry.keep_setting("ims_org_id", addressed.why_ims_org_stays)
        registry.on_daily(tasks.begin_nightly)
        registry.on_daily(reminding.tell_of_removals)
        registry.on_daily(unconfirmed.discard_old)
        registry.add_figures(figures.read)
        registry.add_home(home, order=20)
        registry.on_restore(restoring.after_restore)
        registry.add_api_routes("hygiene.api.urls")
        registry.add_file_owner("uploads", files.owned_uploads)
        registry.add_file_owner("work-orders", files.owned_work_orders)
        if settings.PORTAL_ENVIRONMENT == "demo":
            from hygiene import demo  # noqa: PLC0415 - nothing else needs it

            demo.register()
