"""Settings that an administrator may change while the portal runs.

Without a row of its own, the value of the environment holds. Each process reads the rows anew after a few seconds, so that all
soon agree; whoever uses one of these settings asks here each time and keeps no answer.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from portal import audit
from portal.models import RuntimeSetting, User
from portal.waits import time_left

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

KEPT_SECONDS: Final = 5.0
MEGABYTE: Final = 1024 * 1024
DAY: Final = 86_400


class Unit(Enum):
    """What a setting counts."""

    SECONDS = auto()
    BYTES = auto()
    DAYS = auto()
    CALLS = auto()
    HOUR = auto()

    @property
    def size(self) -> int:
        """How much of it one is where a person types it: sizes of files are typed in megabytes."""
        return MEGABYTE if self is Unit.BYTES else 1

    @property
    def typed(self) -> _StrOrPromise:
        """What stands behind the field that it is typed into."""
        return _TYPED[self]


_TYPED: Final[dict[Unit, _StrOrPromise]] = {
    Unit.SECONDS: _lazy("seconds"),
    Unit.BYTES: _lazy("megabytes"),
    Unit.DAYS: _lazy("days"),
    Unit.CALLS: _lazy("calls a minute"),
    Unit.HOUR: _lazy("o'clock"),
}


@dataclass(frozen=True)
class Setting:
    """One setting under the name of its environment variable. `least` and `most` bound what is typed while the portal runs."""

    name: str
    label: _StrOrPromise
    help_text: _StrOrPromise
    unit: Unit
    least: float
    most: float
    is_whole: bool = True

    @property
    def of_environment(self) -> float:
        """What holds as long as nobody changes it."""
        return float(getattr(settings, self.name))

    def problem(self, value: object) -> str:
        """Why this can be no value of it, in words; empty when it can."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return _("It must be a number.")
        if self.is_whole and value != int(value):
            return _("It must be a whole number.")
        if not self.least <= value <= self.most:
            return _("It must be between %(least)s and %(most)s.") % {"least": self.say(self.least), "most": self.say(self.most)}
        return ""

    def say(self, value: float) -> str:
        """A value in words."""
        match self.unit:
            case Unit.SECONDS if value >= 1:
                return time_left(timedelta(seconds=value))
            case Unit.SECONDS:
                return _("%(number)s seconds") % {"number": number_format(value)}
            case Unit.BYTES:
                return filesizeformat(value)
            case Unit.DAYS:
                return ngettext("%(count)s day", "%(count)s days", int(value)) % {"count": int(value)}
            case Unit.CALLS if not value:
                return _("no limit")
            case Unit.CALLS:
                calls = ngettext("%(number)s call a minute", "%(number)s calls a minute", int(value))
                return calls % {"number": number_format(int(value), force_grouping=True)}
            case Unit.HOUR:
                return f"{int(value):02d}:00"


# Only what a process may take up in the middle of its work: time limits, claims and looks hang together and stay as they began.
_DECLARED: Final = (
    Setting(
        "LIST_EVERY_SECONDS",
        _lazy("Reading Adobe's list"),
        _lazy(
            "How often the list of jobs is read, for each organization and law with open jobs. A quiet list is read less often."
        ),
        Unit.SECONDS,
        least=5,
        most=DAY,
        is_whole=False,
    ),
    Setting(
        "LIST_WITH_EVENTS_EVERY_SECONDS",
        _lazy("Reading the list beside events"),
        _lazy("The same while Adobe's events can be relied on; a quiet list waits no longer than this either."),
        Unit.SECONDS,
        least=5,
        most=DAY,
        is_whole=False,
    ),
    Setting(
        "DETAIL_FIRST_SECONDS",
        _lazy("Shortest wait for one job"),
        _lazy("So long after an answer of Adobe the same job or work order is asked about again at the earliest."),
        Unit.SECONDS,
        least=5,
        most=DAY,
        is_whole=False,
    ),
    Setting(
        "DETAIL_AT_LEAST_EVERY_SECONDS",
        _lazy("Longest wait for one job"),
        _lazy("A job that no list shows, and an open work order, is asked about at least this often."),
        Unit.SECONDS,
        least=60,
        most=DAY,
        is_whole=False,
    ),
    Setting(
        "JOURNAL_EVERY_SECONDS",
        _lazy("Reading journals of events"),
        _lazy("How often a journal is read on, where Adobe asks for no longer pause."),
        Unit.SECONDS,
        least=5,
        most=3600,
        is_whole=False,
    ),
    Setting(
        "FIGURES_EVERY_SECONDS",
        _lazy("Counting the figures of today"),
        _lazy("For the charts and forecasts of the home page. A day that is over is counted once."),
        Unit.SECONDS,
        least=10,
        most=DAY,
        is_whole=False,
    ),
    Setting(
        "UPLOAD_MAX_BYTES",
        _lazy("Largest file"),
        _lazy("A larger file is refused, on pages and in the API. The web server in front may have a limit of its own."),
        Unit.BYTES,
        least=MEGABYTE,
        most=2048 * MEGABYTE,
    ),
    Setting(
        "UPLOAD_INLINE_BYTES",
        _lazy("Checked at once"),
        _lazy("Up to this size a file is checked while the person waits; a larger one by a worker, with a progress bar."),
        Unit.BYTES,
        least=0,
        most=16 * MEGABYTE,
    ),
    Setting(
        "ARCHIVE_MAX_BYTES",
        _lazy("Largest result"),
        _lazy("A larger result is not fetched from Adobe; its job says so."),
        Unit.BYTES,
        least=MEGABYTE,
        most=64 * 1024 * MEGABYTE,
    ),
    Setting(
        "RESULT_RETENTION_DAYS",
        _lazy("How long Adobe keeps results"),
        _lazy("Adobe's pages say 60 days and 30 days. Warnings count from it; it holds for results that come from now on."),
        Unit.DAYS,
        least=1,
        most=60,
    ),
    Setting(
        "API_CALLS_PER_MINUTE",
        _lazy("Calls of the API"),
        _lazy("So many may one token or person make in a minute, at each web process; 0 sets no limit."),
        Unit.CALLS,
        least=0,
        most=100_000,
    ),
    Setting(
        "MAIL_DIGEST_HOUR",
        _lazy("Hour of the digest"),
        _lazy("At this hour of a person's own day the daily e-mail with notices goes out."),
        Unit.HOUR,
        least=0,
        most=23,
    ),
)
SETTINGS: Final[Mapping[str, Setting]] = {setting.name: setting for setting in _DECLARED}


@dataclass(frozen=True)
class _Known:
    """The values that rows held, and until when they are believed by this process's own clock."""

    changed: Mapping[str, float]
    until: float


_known = _Known({}, -math.inf)


def fraction(name: str) -> float:
    """The value of a setting as it holds now."""
    changed = _changed().get(name)
    return SETTINGS[name].of_environment if changed is None else changed


def number(name: str) -> int:
    """The value of a setting that counts whole things."""
    return int(fraction(name))


def forget() -> None:
    """Read the rows anew next time."""
    global _known  # noqa: PLW0603 - one a process, replaced as a whole
    _known = _Known({}, -math.inf)


def _changed() -> Mapping[str, float]:
    global _known  # noqa: PLW0603
    now = time.monotonic()
    if now >= _known.until:
        _known = _Known(_read(), now + KEPT_SECONDS)
    return _known.changed


def _read() -> dict[str, float]:
    """What rows say, as far as it can be a value: what a later version refuses must not stop this one's work, nor the reverse."""
    rows = RuntimeSetting.objects.filter(name__in=SETTINGS).values_list("name", "value")
    return {name: float(value) for name, value in rows if not SETTINGS[name].problem(value)}


# --- Changing ---


@transaction.atomic
def change(name: str, value: float, user: User) -> bool:
    """Let `value` hold from now on. False when it holds already. Raises ValueError for what can be no value."""
    setting = SETTINGS[name]
    if problem := setting.problem(value):
        raise ValueError(problem)
    stored = int(value) if setting.is_whole else value
    row = RuntimeSetting.objects.select_for_update().filter(name=name).first()
    if row is not None and row.value == stored:
        return False
    before = setting.of_environment if row is None else row.value
    now_row, _made = RuntimeSetting.objects.update_or_create(
        name=name, defaults={"value": stored, "changed_at": timezone.now(), "changed_by": user}
    )
    _note("setting.changed", now_row, user, {"setting": name, "from": before, "to": stored})
    return True


@transaction.atomic
def reset(name: str, user: User) -> bool:
    """Let the value of the environment hold again. False when it does already."""
    row = RuntimeSetting.objects.select_for_update().filter(name=name).first()
    if row is None:
        return False
    RuntimeSetting.objects.filter(name=name).delete()
    _note("setting.reset", row, user, {"setting": name, "from": row.value, "to": SETTINGS[name].of_environment})
    return True


def _note(action: str, row: RuntimeSetting, user: User, details: dict[str, Any]) -> None:
    audit.record(action, actor=user, organization=None, obj=row, details=details)
    # Whoever goes on in this transaction reads the new value; others of this process once it is kept.
    forget()
    transaction.on_commit(forget)
