"""An administrator cannot change where calls go while some are on their way there: they would be looked for elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.models import Organization, User
from portal.outbound import CallState
from privacy.models import Job, Submission
from tests.conftest import OTHER_IMS_ORG, Simulator
from tests.files import confirmed_request, payload, people
from tests.hygiene_files import CREATE, order_of, queued_delete
from tests.portal.test_admin import errors_of, save
from tests.states import finish
from tests.steps import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(transactional_db: None, media: Path, simulator: Simulator, organization: Organization) -> Organization:
    """Acme, whose calls reach the simulator."""
    media.mkdir(exist_ok=True)
    return organization


@pytest.fixture
def superuser(transactional_db: None) -> User:
    """Sees and may everything."""
    return User.objects.create_superuser("root", password="a long enough password")


def test_the_sandbox_stays_while_work_orders_are_under_way(
    acme: Organization, simulator: Simulator, officer: User, superuser: User
) -> None:
    simulator.fault("accept_then_cut", match=CREATE, times=1)
    record_delete = queued_delete(acme, officer)
    assert "sandbox_name" in errors_of(save(superuser, acme, sandbox_name="another"))
    acme.hold("by_hand")
    assert save(superuser, acme, sandbox_name="corrected").status_code == 302
    assert save(superuser, acme, sandbox_name="prod").status_code == 302
    acme.resume()
    work("hygiene-submit")
    assert order_of(record_delete).state == CallState.UNKNOWN
    acme.hold("by_hand")
    refused = errors_of(save(superuser, acme, sandbox_name="another"))["sandbox_name"]
    assert refused[0].startswith("Work orders are on their way there")
    assert save(superuser, acme, name="Acme of tomorrow").status_code == 302
    record_delete.work_orders.update(state=CallState.CANCELLED)
    assert save(superuser, acme, sandbox_name="another").status_code == 302


def test_the_ims_organization_stays_while_adobe_is_at_work(
    acme: Organization, simulator: Simulator, officer: User, superuser: User
) -> None:
    confirmed_request(acme, officer, payload(people(1)))
    assert "ims_org_id" in errors_of(save(superuser, acme, ims_org_id=OTHER_IMS_ORG))
    work("submit")
    acme.hold("by_hand")
    assert set(errors_of(save(superuser, acme, ims_org_id=OTHER_IMS_ORG))) == {"ims_org_id"}
    acme.resume()
    finish(simulator)
    assert not Job.objects.open_at_adobe().exists()
    Submission.objects.update(state=CallState.UNKNOWN)
    assert "ims_org_id" in errors_of(save(superuser, acme, ims_org_id=OTHER_IMS_ORG))
    Submission.objects.update(state=CallState.SENT)
    assert save(superuser, acme, ims_org_id=OTHER_IMS_ORG).status_code == 302
