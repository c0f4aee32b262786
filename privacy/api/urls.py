"""Addresses of this app below /api/v1/."""

from __future__ import annotations

from django.urls import path

from privacy.api import drafts, jobs, opt_outs, requests, results, subjects, syncs

urlpatterns = [
    path("requests", requests.RequestList.as_view(), name="request-list"),
    path("requests/<str:number>", requests.RequestDetail.as_view(), name="request-detail"),
    path("requests/<str:number>/cancel", requests.RequestCancel.as_view(), name="request-cancel"),
    path("requests/<str:number>/resubmit", requests.RequestResubmit.as_view(), name="request-resubmit"),
    path("requests/<str:number>/shred", requests.RequestShred.as_view(), name="request-shred"),
    path("requests/<str:number>/deletes/decide", requests.DeletesDecide.as_view(), name="deletes-decide"),
    path("requests/<str:number>/calls/<int:ordinal>/decide", requests.CallDecide.as_view(), name="call-decide"),
    path("requests/<str:number>/jobs", jobs.RequestJobs.as_view(), name="request-jobs"),
    path("drafts", drafts.DraftList.as_view(), name="draft-list"),
    path("drafts/<uuid:pk>", drafts.DraftDetail.as_view(), name="draft-detail"),
    path("drafts/<uuid:pk>/confirm", drafts.DraftConfirm.as_view(), name="draft-confirm"),
    path("jobs", jobs.JobList.as_view(), name="job-list"),
    path("jobs/<uuid:pk>", jobs.JobDetail.as_view(), name="job-detail"),
    path("jobs/<uuid:pk>/refresh", jobs.JobRefresh.as_view(), name="job-refresh"),
    path("jobs/<uuid:pk>/reveal", jobs.JobReveal.as_view(), name="job-reveal"),
    path("results", results.ResultList.as_view(), name="result-list"),
    path("results/<uuid:pk>", results.ResultDetail.as_view(), name="result-detail"),
    path("results/<uuid:pk>/content", results.ResultContent.as_view(), name="result-content"),
    path("results/<uuid:pk>/fetch", results.ResultFetch.as_view(), name="result-fetch"),
    path("consent", opt_outs.Consent.as_view(), name="consent"),
    path("opt-outs", opt_outs.OptOutList.as_view(), name="opt-out-list"),
    path("opt-outs/<str:number>", opt_outs.OptOutDetail.as_view(), name="opt-out-detail"),
    path("opt-outs/<str:number>/confirm", opt_outs.OptOutConfirm.as_view(), name="opt-out-confirm"),
    path("opt-outs/<str:number>/cancel", opt_outs.OptOutCancel.as_view(), name="opt-out-cancel"),
    path("opt-outs/<str:number>/shred", opt_outs.OptOutShred.as_view(), name="opt-out-shred"),
    path("opt-outs/<str:number>/calls/<int:ordinal>/decide", opt_outs.ConsentDecide.as_view(), name="consent-decide"),
    path("subjects/search", subjects.SubjectSearch.as_view(), name="subject-search"),
    path("syncs", syncs.SyncList.as_view(), name="sync-list"),
    path("syncs/<uuid:pk>", syncs.SyncDetail.as_view(), name="sync-detail"),
]
