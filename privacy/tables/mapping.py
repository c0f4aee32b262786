"""What a person says about a table: its form, what each column is, and what is asked for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from privacy.known import Catalog
from privacy.schema import ADOBE_NAMES, QUALIFIERS


class Form(models.TextChoices):
    """How people stand in a table."""

    WIDE = "wide", _("One person in each row")
    LONG = "long", _("One identity in each row")


class Use(models.TextChoices):
    """What a column is."""

    LEFT_OUT = "", _("Leave this column out")
    KEY = "key", _("The person's key")
    ACTION = "action", _("What the person asks for")
    IDENTITY = "identity", _("Identities of one namespace")
    NAMESPACE = "namespace", _("The identity's namespace")
    VALUE = "value", _("The identity's value")
    TYPE = "type", _("The type of the namespace")


ONLY_WIDE: Final = (Use.IDENTITY,)
ONLY_LONG: Final = (Use.NAMESPACE, Use.VALUE, Use.TYPE)


@dataclass(frozen=True)
class Column:
    """What one column is; `namespace` and `type` for a column of identities."""

    use: str = Use.LEFT_OUT.value
    namespace: str = ""
    type: str = ""


@dataclass(frozen=True)
class Mapping:
    """What each column is, by its place, and what is asked. `actions`: of everybody whose row names none."""

    form: str
    columns: tuple[Column, ...]
    regulation: str = ""
    products: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    leave_out_bad: bool = False
    # By use, worked out once: a table has very many rows.
    places: dict[str, int] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Know where the columns are of which there is one."""
        self.places.update({column.use: place for place, column in enumerate(self.columns) if column.use not in ("", "identity")})

    @property
    def identities(self) -> list[tuple[int, Column]]:
        """The columns of identities, each with its place."""
        return [(place, column) for place, column in enumerate(self.columns) if column.use == Use.IDENTITY]

    def cell(self, cells: Sequence[str], use: Use) -> str:
        """What a row has in the column of this use; empty when there is no such column."""
        place = self.places.get(use)
        return cells[place] if place is not None and place < len(cells) else ""

    def to_dict(self) -> dict[str, Any]:
        """For storage."""
        kept = asdict(self)
        del kept["places"]
        return kept

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Mapping:
        """The reverse of `to_dict`."""
        columns = tuple(Column(**column) for column in kept["columns"])
        lists = {name: tuple(kept[name]) for name in ("products", "actions")}
        return cls(**(kept | lists | {"columns": columns}))


def kinds_of_identity(catalog: Catalog, product_codes: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """The (namespace, type) that a column can hold: Adobe's own under "", then those of each product by its name."""
    kinds: dict[str, list[tuple[str, str]]] = {"": [(name, "standard") for name in ("Email", *_other_standard())]}
    seen = {(name.casefold(), type_) for name, type_ in kinds[""]}
    for code in product_codes:
        product = catalog.products.by_code.get(code)
        for pattern in product.namespaces if product else ():
            namespace, _slash, type_ = pattern.rpartition("/")
            if "*" not in pattern and type_ in QUALIFIERS and (namespace.casefold(), type_) not in seen:
                seen.add((namespace.casefold(), type_))
                kinds.setdefault(product.name if product else code, []).append((namespace, type_))
    return kinds


def _other_standard() -> list[str]:
    names = dict.fromkeys(("ECID", "Phone", *ADOBE_NAMES.values()))
    return [name for name in names if name != "Email"]
