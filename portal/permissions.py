"""The three groups and what they may do. Two rights stand apart: seeing identities unmasked, and downloading results."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models.signals import post_migrate

VIEWER = "Viewer"
OFFICER = "Officer"
ADMINISTRATOR = "Administrator"

# Permissions by codename; each app's models bring them.
VIEWS = (
    "view_upload",
    "view_privacyrequest",
    "view_job",
    "view_productresponse",
    "view_resultarchive",
    "view_law",
    "view_lawdeadline",
    "view_adobeproduct",
    "view_optout",
    "view_jobsync",
    "view_recorddelete",
    "view_workorder",
    "view_datasetexpiration",
    "view_quotareading",
)
ACTS = (
    "add_upload",
    "confirm_upload",
    "refresh_job",
    "decide_submission",
    "shred_privacyrequest",
    "cancel_privacyrequest",
    "resubmit_privacyrequest",
    "handle_privacyrequest",
    "export_privacyrequest",
    "reveal_identities",
    "download_results",
    "add_optout",
    "confirm_optout",
    "decide_consentcall",
    "start_jobsync",
    "add_recorddelete",
    "confirm_recorddelete",
    "change_workorder",
    "decide_workorder",
    "refresh_workorder",
    "shred_recorddelete",
    "refresh_quotareading",
    "add_datasetexpiration",
    "change_datasetexpiration",
    "decide_expirationorder",
)
MANAGES = (
    "view_organization",
    "add_organization",
    "change_organization",
    "view_user",
    "add_user",
    "change_user",
    "view_auditevent",
    "view_auditseal",
    "view_heartbeat",
    "view_submission",
    "view_joblisting",
    "add_law",
    "change_law",
    "add_lawdeadline",
    "change_lawdeadline",
    "add_adobeproduct",
    "change_adobeproduct",
    "view_apitoken",
    "add_apitoken",
    "change_apitoken",
    "view_webhookendpoint",
    "add_webhookendpoint",
    "change_webhookendpoint",
    "view_webhookdelivery",
    "view_consentcall",
    "view_serviceprogress",
    "view_eventsource",
    "add_eventsource",
    "change_eventsource",
    "view_adobeevent",
    "view_expirationorder",
    "view_othersystem",
    "add_othersystem",
    "change_othersystem",
    "view_runtimesetting",
    "change_runtimesetting",
    "view_steprun",
    "change_steprun",
    "view_mailtrouble",
)
RIGHTS = {VIEWER: VIEWS, OFFICER: (*VIEWS, *ACTS), ADMINISTRATOR: (*VIEWS, *ACTS, *MANAGES)}


def create_groups(**_: Any) -> None:
    """Make the groups and give them their rights. Rights that an administrator added by hand stay."""
    for name, codenames in RIGHTS.items():
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(codename__in=codenames))


def connect() -> None:
    """Run after migrations, once for each app: the last run finds the permissions of all of them."""
    post_migrate.connect(create_groups, dispatch_uid="portal.create_groups")
