"""The app that answers data-subject requests through Adobe Privacy Service."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class PrivacyConfig(AppConfig):
    """Privacy requests, jobs, results."""

    name = "privacy"
    verbose_name = "Privacy requests"

    def ready(self) -> None:
        """Bring this app's pages, background steps and products, and let its queue go on after a hold."""
        from privacy import registering  # noqa: PLC0415 - it needs the app registry

        registering.pages()
        registering.laws_and_products(self)
        registering.background_work()
        registering.nightly_work()
        registering.stored_files()
        if settings.PORTAL_ENVIRONMENT == "demo":
            from privacy import demo  # noqa: PLC0415 - nothing else needs it

            demo.register()
