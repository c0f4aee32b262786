"""What must hold when a switch has a value."""

from __future__ import annotations

from collections.abc import Callable

from tests.conftest import Simulator
from tests.portal.simulator.wire import Adobe

Check = Callable[[Simulator, Adobe, str], None]


class Checks(dict[tuple[str, str], Check]):
    """Functions by switch and value."""

    def of(self, name: str, *values: str) -> Callable[[Check], Check]:
        """Marks what must hold when the switch has one of these values."""

        def marked(function: Check) -> Check:
            self.update({(name, value): function for value in values})
            return function

        return marked
