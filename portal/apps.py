"""The shared project app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_noop as noop

from portal import registry


class PortalConfig(AppConfig):
    """What both apps share: organizations, people, keys, audit."""

    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        """Connect the system checks and the signals that audit sign-ins; bring the background steps of the portal itself."""
        from portal import checks, heartbeats, permissions, signals, tasks, tokens  # noqa: F401, PLC0415 - they need the app registry
        from portal.home import own  # noqa: PLC0415
        from portal.notices import figures, forgetting  # noqa: PLC0415

        permissions.connect()
        tokens.connect()
        tasks.register_steps()
        heartbeats.connect()
        registry.add_figures(figures.read)
        registry.on_daily(forgetting.forget_old)
        registry.add_navigation(noop("Home"), "home", order=0)
        registry.add_home(own.read, order=0)
