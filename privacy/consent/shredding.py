"""Removing what an opt-out names, for good."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit
from portal.models import User
from portal.outbound import OPEN_STATES
from privacy.intake import NotPossible
from privacy.models import OptOut
from privacy.statuses import OptOutStatus


def shred(opt_out: OptOut, user: User) -> None:
    """Delete its data key and all that was sealed under it; counts, states and the trail (ids only) stay.

    Backups forget when the backup of the key table is gone. Raises NotPossible for a draft and while a call is open.
    """
    with transaction.atomic():
        row = OptOut.objects.select_for_update(no_key=True).get(pk=opt_out.pk)
        if row.shredded_at is not None:
            raise NotPossible(_("The personal data of this opt-out was removed already."))
        if row.status == OptOutStatus.DRAFT:
            raise NotPossible(_("It was not confirmed yet. Discard it instead."))
        if row.calls.filter(state__in=OPEN_STATES).exists():
            raise NotPossible(_("Calls of this opt-out are still open. Wait until they are settled, or decide about them."))
        row.calls.update(entities_sealed=None, words_sealed=None)
        row.digests.all().delete()
        OptOut.objects.filter(pk=row.pk).update(
            status=OptOutStatus.SHREDDED, shredded_at=timezone.now(), entities_sealed=None, data_key=None
        )
        audit.record("opt_out.shredded", actor=user, organization=opt_out.organization, obj=row, root_id=row.pk)
        if row.data_key is not None:
            row.data_key.destroy()
