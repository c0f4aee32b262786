"""The addresses of the privacy pages. Nothing personal stands in one: numbers and ids only."""

from __future__ import annotations

from django.urls import path

from privacy.views import decisions, jobs, requests, results, uploads

app_name = "privacy"

urlpatterns = [
    path("uploads/", uploads.upload_list, name="upload-list"),
    path("uploads/new/", uploads.upload_new, name="upload-new"),
    path("uploads/template.json", uploads.template, name="upload-template"),
    path("uploads/<uuid:pk>/", uploads.upload_detail, name="upload-detail"),
    path("uploads/<uuid:pk>/progress/", uploads.upload_progress, name="upload-progress"),
    path("uploads/<uuid:pk>/confirm/", uploads.upload_confirm, name="upload-confirm"),
    path("uploads/<uuid:pk>/discard/", uploads.upload_discard, name="upload-discard"),
    path("requests/", requests.request_list, name="request-list"),
    path("requests/<str:number>/", requests.request_detail, name="request-detail"),
    path("requests/<str:number>/progress/", requests.request_progress, name="request-progress"),
    path("requests/<str:number>/jobs/", jobs.job_list, name="job-list"),
    path("requests/<str:number>/shred/", decisions.request_shred, name="request-shred"),
    path("requests/<str:number>/calls/<int:ordinal>/decide/", decisions.call_decide, name="call-decide"),
    path("jobs/<uuid:pk>/", jobs.job_detail, name="job-detail"),
    path("jobs/<uuid:pk>/refresh/", jobs.job_refresh, name="job-refresh"),
    path("jobs/<uuid:pk>/reveal/", jobs.job_reveal, name="job-reveal"),
    path("jobs/<uuid:pk>/result/", results.job_result, name="job-result"),
    path("jobs/<uuid:pk>/result/again/", results.result_again, name="result-again"),
]
