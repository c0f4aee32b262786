"""Organizations, people, data keys, the audit trail and integrations: what both apps build on."""

from portal.models.evidence import AppendOnly, AppendOnlyModel, AppendOnlyQuerySet, AuditEvent, AuditLeaf, AuditSeal
from portal.models.integrations import ApiToken, DeliveryStatus, IdempotencyKey, Scope, WebhookDelivery, WebhookEndpoint
from portal.models.keys import DataKey, DataKeyQuerySet
from portal.models.organizations import ADOBE_GATEWAY, ADOBE_IMS, ADOBE_SCOPES, AccessToken, Organization, OrganizationQuerySet
from portal.models.pace import CallTally, Heartbeat, JobDay, Pace, ProcessKind
from portal.models.people import (
    CalendarFeed,
    MailTrouble,
    Notice,
    NoticeKind,
    NoticeMail,
    RuntimeSetting,
    SavedView,
    Search,
    User,
)
from portal.models.work import Counter, StepRun, Wakeup

__all__ = [
    "ADOBE_GATEWAY",
    "ADOBE_IMS",
    "ADOBE_SCOPES",
    "AccessToken",
    "ApiToken",
    "AppendOnly",
    "AppendOnlyModel",
    "AppendOnlyQuerySet",
    "AuditEvent",
    "AuditLeaf",
    "AuditSeal",
    "CalendarFeed",
    "CallTally",
    "Counter",
    "DataKey",
    "DataKeyQuerySet",
    "DeliveryStatus",
    "Heartbeat",
    "IdempotencyKey",
    "JobDay",
    "MailTrouble",
    "Notice",
    "NoticeKind",
    "NoticeMail",
    "Organization",
    "OrganizationQuerySet",
    "Pace",
    "ProcessKind",
    "RuntimeSetting",
    "SavedView",
    "Scope",
    "Search",
    "StepRun",
    "User",
    "Wakeup",
    "WebhookDelivery",
    "WebhookEndpoint",
]
