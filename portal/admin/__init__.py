"""The administration of what both apps share: organizations, people, the audit trail. Each module registers its own."""

from __future__ import annotations

from django.contrib import admin

from portal.admin import mail, organizations, people, periodic, settings, tokens, trail, webhooks

__all__ = ["mail", "organizations", "people", "periodic", "settings", "tokens", "trail", "webhooks"]

admin.site.site_header = "Privacy Portal administration"
admin.site.site_title = "Privacy Portal administration"
admin.site.index_title = "What do you want to look after?"
