"""The addresses of the privacy pages. Nothing personal stands in one: numbers and ids only."""

from __future__ import annotations

from django.urls import path

from privacy.views import catalog, decisions, elsewhere, events, jobs, opt_outs, people, requests, resubmissions, results, uploads

app_name = "privacy"

urlpatterns = [
    # The most called comes first.
    path("adobe-events/<uuid:source_id>/", events.adobe_events, name="adobe-events"),
    path("laws/", catalog.law_list, name="law-list"),
    path("products/", catalog.product_list, name="product-list"),
    path("make/", builder.make, name="make"),
    path("drafts/", builder.draft_list, name="draft-list"),
    path("drafts/new/", builder.draft_new, name="draft-new"),
    path("drafts/<uuid:pk>/", builder.draft_detail, name="draft-detail"),
    path("drafts/<uuid:pk>/save/", builder.draft_save, name="draft-save"),
    path("drafts/<uuid:pk>/discard/", builder.draft_discard, name="draft-discard"),
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
    path("requests/<str:number>/cancel/", decisions.request_cancel, name="request-cancel"),
    path("requests/<str:number>/resubmit/", resubmissions.request_resubmit, name="request-resubmit"),
    path("requests/<str:number>/deletes/decide/", decisions.deletes_decide, name="deletes-decide"),
    path("requests/<str:number>/calls/<int:ordinal>/decide/", decisions.call_decide, name="call-decide"),
    path("people/<uuid:pk>/", people.person, name="person"),
    path("people/<uuid:pk>/reveal/", people.person_reveal, name="person-reveal"),
    path("elsewhere/", elsewhere.sync_list, name="sync-list"),
    path("elsewhere/progress/", elsewhere.sync_progress, name="sync-progress"),
    path("elsewhere/<uuid:pk>/start/", elsewhere.sync_start, name="sync-start"),
    path("opt-outs/", opt_outs.opt_out_list, name="opt-out-list"),
    path("opt-outs/new/", opt_outs.opt_out_new, name="opt-out-new"),
    path("opt-outs/template.json", opt_outs.template_json, name="opt-out-template-json"),
    path("opt-outs/template.csv", opt_outs.template_csv, name="opt-out-template-csv"),
    path("opt-outs/<str:number>/", opt_outs.opt_out_detail, name="opt-out-detail"),
    path("opt-outs/<str:number>/progress/", opt_outs.opt_out_progress, name="opt-out-progress"),
    path("opt-outs/<str:number>/confirm/", opt_outs.opt_out_confirm, name="opt-out-confirm"),
    path("opt-outs/<str:number>/discard/", opt_outs.opt_out_discard, name="opt-out-discard"),
    path("opt-outs/<str:number>/cancel/", opt_outs.opt_out_cancel, name="opt-out-cancel"),
    path("opt-outs/<str:number>/calls/<int:ordinal>/decide/", opt_outs.consent_decide, name="consent-decide"),
    path("opt-outs/<str:number>/shred/", opt_outs.opt_out_shred, name="opt-out-shred"),
    path("jobs/<uuid:pk>/", jobs.job_detail, name="job-detail"),
    path("jobs/<uuid:pk>/refresh/", jobs.job_refresh, name="job-refresh"),
    path("jobs/<uuid:pk>/reveal/", jobs.job_reveal, name="job-reveal"),
    path("jobs/<uuid:pk>/result/", results.job_result, name="job-result"),
    path("jobs/<uuid:pk>/result/again/", results.result_again, name="result-again"),
]
