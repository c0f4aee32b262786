"""`GET /jobs/{id}`: one job with what each product has answered so far."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from aiohttp import web

from portal.simulator import gateway, limits, refusals
from portal.simulator.calls import Call
from portal.simulator.clock import iso, iso_trimmed, us_date
from portal.simulator.faults import lag
from portal.simulator.jobs import Job, ProductPlan
from portal.simulator.organizations import Organization
from portal.simulator.refusals import Refusal, json_response
from portal.simulator.switches import Switches
from portal.simulator.vocabulary import CONTENT, OPT_OUT_READ, PRODUCTS, READ
from portal.simulator.world import World

# "Status values" of the 2019 guide.
_NUMBERS = {"complete": 1, "processing": 2, "submitted": 3, "error": 4}


async def ping(world: World, call: Call) -> web.Response:
    gateway.check_caller(world, call.request)
    limits.check(world, call)
    return json_response({"status": "ok"})


async def detail(world: World, call: Call) -> web.Response:
    """200 with the job. Raises Refusal: 404 for a job that is unknown, forgotten or another organization's."""
    organization = gateway.check_caller(world, call.request)
    gateway.require(world, organization, READ, OPT_OUT_READ)
    limits.check(world, call)
    at = world.clock.now()
    job = world.jobs.get(call.named)
    days = world.switches.number("job_retention_days")
    if job is None or job.org != organization.ims_org or not job.is_kept(at, days):
        raise _not_found(world)
    gateway.require(world, organization, gateway.reading_permission(job.action))
    now = describe(world, organization, job, at, call.request)
    fault = world.faults.take("detail", call)
    seen = at - lag(fault)
    if job.created > seen:
        raise _not_found(world)
    shown = describe(world, organization, job, seen, call.request)
    if fault is not None and shown == now:
        world.faults.give_back(fault)
    return json_response(shown)


def _not_found(world: World) -> Refusal:
    return refusals.privacy(world.switches["error_style"], 404, "404001", "Job not found")


def basics(switches: Switches, organization: Organization, job: Job, at: float) -> dict[str, Any]:
    """The fields that a list has too."""
    date = date_writer(switches)
    body: dict[str, Any] = {"jobId": job.job_id, "requestId": job.request_id}
    if job.key is not None:
        body["userKey"] = job.key
    body["action"] = job.action
    body["status"] = _shown(switches, job.status(at))
    body["submittedBy"] = organization.technical_account
    body["createdDate"] = date(job.created)
    body["lastModifiedDate"] = date(job.modified(at))
    return body


def describe(world: World, organization: Organization, job: Job, at: float, request: web.Request) -> dict[str, Any]:
    body = basics(world.switches, organization, job, at)
    body["userIds"] = job.identities
    body["productResponses"] = [_product_response(world.switches, job, plan, at) for plan in job.products]
    if CONTENT in organization.permissions and _carries_download(world.switches, job, at):
        body[world.switches["download_key"]] = _download_address(world.switches, job, request)
    body["regulation"] = job.shown_regulation
    return body


def date_writer(switches: Switches) -> Callable[[float], str]:
    return us_date if switches["date_style"] == "us" else iso


def _shown(switches: Switches, word: str) -> str | int:
    return _NUMBERS.get(word, word) if switches["status_style"] == "numeric" else word


def _carries_download(switches: Switches, job: Job, at: float) -> bool:
    if switches["download_presence"] == "complete":
        return job.status(at) == "complete"
    return job.has_archive(at)


def _download_address(switches: Switches, job: Job, request: web.Request) -> str:
    here = f"{request.scheme}://{request.host}"
    if switches["download_url"] == "gateway":
        return f"{here}/data/core/privacy/jobs/{job.job_id}/content"
    tenant = hashlib.md5(job.org.encode(), usedforsecurity=False).hexdigest()
    base = switches["azure_base"] or here
    return f"{base}/va7gdprdevblobpublic/usa/{tenant}/{job.job_id}/{job.job_id}.zip"


def _product_response(switches: Switches, job: Job, plan: ProductPlan, at: float) -> dict[str, Any]:
    elapsed = at - job.created
    body: dict[str, Any] = {"product": PRODUCTS[plan.code.lower()].name}
    answered = elapsed >= plan.finished
    if switches["retry_count"] != "none":
        body["retryCount"] = switches.number("retry_count") if answered else 0
    body["processedDate"] = date_writer(switches)(job.created + plan.changed(elapsed))
    if answered:
        body["productStatusResponse"] = _final_response(switches, job, plan)
    else:
        body["productStatusResponse"] = _open_response(switches, plan.status(elapsed))
    return body


def _open_response(switches: Switches, status: str) -> dict[str, Any]:
    response: dict[str, Any] = {"status": _shown(switches, status)}
    if status == "processing" or switches["fresh_product"] == "message":
        response["message"] = "processing"
    return response


def _final_response(switches: Switches, job: Job, plan: ProductPlan) -> dict[str, Any]:
    outcome = plan.outcome
    detail_text = outcome.detail
    if plan.code == "profileService" and outcome.code == "PRVCY-6000-200":
        detail_text = "Success dataSetIds = [5dbb87aad37beb18a96feb61], Failed dataSetIds = []"
    response: dict[str, Any] = {"status": _shown(switches, outcome.status), "message": outcome.message}
    # A receipt of Pass is all it says: no sample of one has a code.
    if not _gives_receipt(plan):
        response |= {"responseMsgCode": outcome.code, "responseMsgDetail": detail_text}
    results = _results(job, plan)
    if results is not None:
        response["results"] = results
    return response


def _gives_receipt(plan: ProductPlan) -> bool:
    return plan.code == "primetimeAuthentication" and plan.outcome.code == "PRVCY-6000-200"


def _results(job: Job, plan: ProductPlan) -> dict[str, Any] | None:
    """Audience Manager tells what it processed, Pass gives a receipt; anybody does for a partial answer."""
    values = [identity["value"] for identity in job.identities]
    if plan.word == "partial":
        ignored = [value for value in values if "partial" in value.lower()]
        return {"processed": [value for value in values if value not in ignored], "ignored": ignored}
    if plan.code == "audienceManager" and plan.outcome.code == "PRVCY-6000-200":
        return {"processed": values, "ignored": []}
    return receipt(job, plan) if _gives_receipt(plan) else None


def receipt(job: Job, plan: ProductPlan) -> dict[str, Any]:
    """Counts only, as texts: Pass gives no data (Adobe Pass, privacy requests)."""
    contexts = [
        {
            "namespace": identity.get("namespace", ""),
            "namespaceId": identity.get("namespaceId", 0),
            "value": identity["value"],
            "type": identity["type"],
        }
        for identity in job.identities
    ]
    return {
        "userContexts": contexts,
        "receiptData": {
            "createdAt": iso_trimmed(job.created + plan.finished),
            "message": "Data summary",
            "numberOfAuthenticationSessions": str(job.number % 7 + 1),
            "numberOfAuthorizationDecisions": str(job.number % 11 + 1),
        },
    }
