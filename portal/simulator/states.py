"""Where everything is at Adobe now, for whoever compares it with what a client believes: words, never what was sent."""

from __future__ import annotations

from typing import Any

from portal.simulator.content import is_available
from portal.simulator.hygiene.orders import WorkOrder
from portal.simulator.jobs import Job
from portal.simulator.vocabulary import PRODUCTS
from portal.simulator.world import World


def of_jobs(world: World, window: slice) -> dict[str, Any]:
    """Of every job in the window, as the ledger counts them; `known` is false for one that was forgotten or outlived its time."""
    accepted = world.jobs.accepted
    return {"entries": [_of_job(world, job) for job in accepted[window]], "total": len(accepted)}


def _of_job(world: World, job: Job) -> dict[str, Any]:
    at = world.clock.now()
    kept = job.is_kept(at, world.switches.number("job_retention_days"))
    return {
        "jobId": job.job_id,
        "known": kept and world.jobs.get(job.job_id) is not None,
        "status": job.status(at),
        "products": {PRODUCTS[plan.code.lower()].name: plan.status(at - job.created) for plan in job.products},
        "result": is_available(world, job),
    }


def of_orders(world: World, window: slice) -> dict[str, Any]:
    """Of every work order in the window, as the ledger counts them."""
    accepted = world.hygiene.orders.accepted
    return {"entries": [_of_order(world, entry["workorderId"]) for entry in accepted[window]], "total": len(accepted)}


def _of_order(world: World, order_id: str) -> dict[str, Any]:
    order: WorkOrder | None = world.hygiene.orders.find(order_id)
    if order is None:
        return {"workorderId": order_id, "known": False}
    at = world.clock.now()
    services = {name: word for name, word, _ in order.services(at)}
    return {"workorderId": order_id, "known": True, "status": order.status(at), "services": services}
