"""Uploads, privacy requests, the people in them, the calls that carry them to Adobe, and what came back."""

from privacy.models.archives import ResultArchive
from privacy.models.catalog import AdobeProduct, Law, LawDeadline
from privacy.models.consent import ConsentCall, OptOut, OptOutDigest
from privacy.models.elsewhere import JobSync
from privacy.models.events import AdobeEvent, EventSource
from privacy.models.figures import CountedDay, DayFigure
from privacy.models.handling import DeadlineChange, OtherSystem, RequestAnswer, RequestNote, SystemDone
from privacy.models.jobs import Job, JobListing, ProductResponse
from privacy.models.making import Draft, RememberedMapping, TableImport
from privacy.models.requests import DataSubject, IdentityDigest, PrivacyRequest
from privacy.models.submissions import Submission
from privacy.models.uploads import Duplicate, Upload

__all__ = [
    "AdobeEvent",
    "AdobeProduct",
    "ConsentCall",
    "CountedDay",
    "DataSubject",
    "DayFigure",
    "DeadlineChange",
    "Draft",
    "Duplicate",
    "EventSource",
    "IdentityDigest",
    "Job",
    "JobListing",
    "JobSync",
    "Law",
    "LawDeadline",
    "OptOut",
    "OptOutDigest",
    "OtherSystem",
    "PrivacyRequest",
    "ProductResponse",
    "RememberedMapping",
    "RequestAnswer",
    "RequestNote",
    "ResultArchive",
    "Submission",
    "SystemDone",
    "TableImport",
    "Upload",
]
