"""`POST /jobs`: takes the jobs in and answers with their ids, in one of three body generations."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from portal.simulator import gateway, limits
from portal.simulator.calls import Call
from portal.simulator.jobs import Job, ProductPlan, make_job_id, make_request_id
from portal.simulator.organizations import Organization
from portal.simulator.outcomes import choose, delays, words_in
from portal.simulator.refusals import json_response
from portal.simulator.validation import NewRequest, NewUser, peek_actions, read_request
from portal.simulator.vocabulary import LEGACY_REGULATIONS, OPT_OUT_WRITE, WRITE
from portal.simulator.world import World


async def create(world: World, call: Call) -> web.Response:
    """202 with the accepted jobs. Raises Refusal."""
    organization = gateway.check_caller(world, call.request)
    gateway.require(world, organization, WRITE, OPT_OUT_WRITE)
    body = await gateway.read_json(call.request)
    for action in peek_actions(body):
        gateway.require(world, organization, gateway.writing_permission(action))
    gateway.check_content_type(call.request)
    new = read_request(world.switches, organization.ims_org, body)
    limits.check(world, call)
    jobs = accept(world, organization, new)
    if world.faults.take("create", call):
        accept(world, organization, new)
    world.counts.creates_accepted += 1
    fewer = world.faults.take("create_answer", call)
    missing = int(fewer.options.get("missing", 1)) if fewer else 0
    return json_response(answer(world, new, jobs[: len(jobs) - missing]), 202)


def accept(world: World, organization: Organization, new: NewRequest) -> list[Job]:
    """One job for each person and action (and product, by the switch jobs_per_product), all with one request id."""
    created = world.clock.now()
    call = world.calls_accepted + 1
    request_id = new.request_id or make_request_id(created, call)
    number = len(world.jobs.accepted)
    groups = [[code] for code in new.include] if world.switches["jobs_per_product"] == "yes" else [new.include]
    jobs: list[Job] = []
    for user in new.users:
        for action in user.actions:
            for codes in groups:
                number += 1
                jobs.append(_job(world, organization, new, user, action, codes, number, call, request_id, created))
    world.accept(jobs)
    return jobs


def _job(
    world: World,
    organization: Organization,
    new: NewRequest,
    user: NewUser,
    action: str,
    codes: list[str],
    number: int,
    call: int,
    request_id: str,
    created: float,
) -> Job:
    canonical = LEGACY_REGULATIONS.get(new.regulation, new.regulation)
    listing = world.switches["alias_listing"]
    return Job(
        number=number,
        call=call,
        job_id=make_job_id(created, number, world.node),
        request_id=request_id,
        org=organization.ims_org,
        key=user.key,
        action=action,
        regulation=new.regulation if listing == "as_sent" else canonical,
        shown_regulation=canonical if listing == "canonical" else new.regulation,
        include=codes,
        identities=user.identities,
        created=created,
        products=_plans(world, organization, new, user, action, codes, number),
        merge_policy=new.merge_policy,
    )


def _plans(
    world: World,
    organization: Organization,
    new: NewRequest,
    user: NewUser,
    action: str,
    codes: list[str],
    number: int,
) -> list[ProductPlan]:
    words = words_in(user.identities)
    custom_ids = world.switches["custom_ids"]
    plans: list[ProductPlan] = []
    for code in codes:
        word = choose(code, action, new.include, organization.products, user.identities, words, custom_ids)
        acknowledged, finished = delays(world.seed, number, code, word)
        plans.append(ProductPlan(code, word, acknowledged / world.speed, finished / world.speed))
    return plans


def answer(world: World, new: NewRequest, jobs: list[Job]) -> dict[str, Any]:
    """The body in the shape of the switch create_shape."""
    shape = world.switches["create_shape"]
    entries = [_entry(job, with_identities=shape != "brief") for job in jobs]
    if shape == "brief":
        return {"jobs": entries, "requestStatus": 1, "totalRecords": len(entries)}
    request_id = jobs[0].request_id if jobs else (new.request_id or "")
    return {
        "requestId": request_id,
        "totalRecords": len(entries),
        "jobs" if shape == "modern" else "jobDetails": entries,
    }


def _entry(job: Job, *, with_identities: bool) -> dict[str, Any]:
    user: dict[str, Any] = {} if job.key is None else {"key": job.key}
    user["action"] = [job.action]
    if with_identities:
        user["userIDs"] = job.identities
    return {"jobId": job.job_id, "customer": {"user": user}}
