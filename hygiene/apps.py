"""The app for Adobe Data Hygiene: record deletes and dataset expirations. It has no pages yet."""

from __future__ import annotations

from django.apps import AppConfig


class HygieneConfig(AppConfig):
    """Data Hygiene."""

    name = "hygiene"
    verbose_name = "Data hygiene"
