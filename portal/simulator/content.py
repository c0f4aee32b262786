"""Result archives: `/jobs/{id}/content`, and the same bytes on an Azure-style address as in 2019.

The bytes are the same each time for the same job. Layout: `<jobId>/<Product>/...`; a product that found nothing has
an empty folder. Profile's file is as its privacy page shows it, the others are plausible.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from portal.simulator import gateway, limits, refusals
from portal.simulator.calls import Call
from portal.simulator.jobs import Job, ProductPlan
from portal.simulator.reading import receipt
from portal.simulator.vocabulary import CONTENT, PRODUCTS
from portal.simulator.world import World


async def content(world: World, call: Call) -> web.StreamResponse:
    """200 with the ZIP. Raises Refusal: 403 without the content permission, 404 without an archive."""
    organization = gateway.check_caller(world, call.request)
    gateway.require(world, organization, CONTENT)
    limits.check(world, call)
    job = world.jobs.get(call.named)
    if job is None or job.org != organization.ims_org or not is_available(world, job):
        raise refusals.privacy(world.switches["error_style"], 404, "404001", "Content not found")
    return await _send(world, call, job)


async def blob(world: World, call: Call) -> web.StreamResponse:
    """The Azure-style address: no token, whoever has the address has the file."""
    job = world.jobs.get(call.named)
    tenant = hashlib.md5(job.org.encode(), usedforsecurity=False).hexdigest() if job else ""
    if job is None or f"/{tenant}/" not in call.path or not is_available(world, job):
        body = '<?xml version="1.0" encoding="utf-8"?><Error><Code>BlobNotFound</Code></Error>'
        return web.Response(status=404, text=body, content_type="application/xml")
    return await _send(world, call, job)


def is_available(world: World, job: Job) -> bool:
    at = world.clock.now()
    carries = job.has_archive(at) or (world.switches["download_presence"] == "complete" and job.status(at) == "complete")
    return carries and job.is_kept(at, world.switches.number("retention_days"))


def build_archive(job: Job, *, path_tricks: bool = False) -> bytes:
    """The ZIP of a job; with `path_tricks` it also has names that lead out of the folder it is unpacked in."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, job, f"{job.job_id}/", b"")
        for plan in job.products:
            _write_product(archive, job, plan)
        if path_tricks:
            for name in ("../../outside.json", "/absolute.json", "..\\windows.json"):
                _write(archive, job, name, b"{}")
    return buffer.getvalue()


def _write_product(archive: zipfile.ZipFile, job: Job, plan: ProductPlan) -> None:
    folder = f"{job.job_id}/{PRODUCTS[plan.code.lower()].name}/"
    _write(archive, job, folder, b"")
    if not plan.outcome.finds_data:
        return
    for name, data in _files(job, plan).items():
        _write(archive, job, folder + name, data)


def _write(archive: zipfile.ZipFile, job: Job, name: str, data: bytes) -> None:
    moment = datetime.fromtimestamp(job.created, UTC)
    entry = zipfile.ZipInfo(name, (moment.year, moment.month, moment.day, moment.hour, moment.minute, 0))
    entry.compress_type = zipfile.ZIP_STORED if name.endswith("/") else zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


def _files(job: Job, plan: ProductPlan) -> dict[str, bytes]:
    if plan.code == "profileService":
        return {"profile.json": _json(_profile(job))}
    if plan.code == "primetimeAuthentication":
        return {"receipt.json": _json({"jobId": job.job_id, **receipt(job, plan)})}
    body = {"jobId": job.job_id, "userIds": job.identities, "records": _records(job)}
    files = {f"{plan.code}.json": _json(body)}
    if plan.code == "analytics":
        lines = ["jobId,namespace,value", *(_csv_line(job, identity) for identity in job.identities)]
        files["hits.csv"] = "\r\n".join(lines).encode(errors="backslashreplace") + b"\r\n"
    return files


def _profile(job: Job) -> dict[str, Any]:
    identity_map: dict[str, list[dict[str, str]]] = {}
    result: dict[str, Any] = {"person": {"gender": "female"}}
    for identity in job.identities:
        namespace = str(identity.get("namespace", identity.get("namespaceId"))).lower()
        identity_map.setdefault(namespace, []).append({"id": identity["value"]})
        if namespace == "email":
            result["personalEmail"] = {"address": identity["value"]}
    result["identityMap"] = identity_map
    response = {"sandbox": "prod", "mergePolicyId": job.merge_policy or "none", "result": result}
    return {"privacyResponse": {"jobId": job.job_id, "response": [response]}}


def _records(job: Job) -> list[dict[str, Any]]:
    return [
        {"identity": identity["value"], "event": "visit", "count": (job.number + place) % 9 + 1}
        for place, identity in enumerate(job.identities)
    ]


def _csv_line(job: Job, identity: dict[str, Any]) -> str:
    cells = [job.job_id, str(identity.get("namespace", "")), str(identity["value"])]
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


def _json(body: Any) -> bytes:
    return json.dumps(body, indent=1, ensure_ascii=False).encode(errors="backslashreplace")


async def _send(world: World, call: Call, job: Job) -> web.StreamResponse:
    fault = world.faults.take("file", call)
    kind = fault.kind if fault else ""
    data = build_archive(job, path_tricks=kind == "zip_path_tricks")
    if kind == "cut_zip":
        return await _send_half(call.request, data)
    if kind == "truncated_zip":
        data = data[: len(data) // 2]
    return web.Response(body=data, content_type="application/zip")


async def _send_half(request: web.Request, data: bytes) -> web.StreamResponse:
    """Promises the whole length, sends half and breaks the connection."""
    response = web.StreamResponse(headers={"Content-Type": "application/zip", "Content-Length": str(len(data))})
    await response.prepare(request)
    await response.write(data[: len(data) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
