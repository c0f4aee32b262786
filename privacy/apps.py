"""The app that answers data-subject requests through Adobe Privacy Service."""

from __future__ import annotations

from django.apps import AppConfig

from portal import registry


class PrivacyConfig(AppConfig):
    """Privacy requests, jobs, results."""

    name = "privacy"
    verbose_name = "Privacy requests"

    def ready(self) -> None:
        """Put this app's pages into the navigation, and its background steps under the sweep."""
        from privacy import tasks  # noqa: PLC0415 - needs the app registry

        tasks.register_steps()
        registry.add_navigation("Requests", "privacy:request-list", order=10)
        registry.add_navigation("Uploads", "privacy:upload-list", order=20)
