"""The Adobe products a privacy request can name, by every name that Adobe gives them. Pure: the rows come from `catalog`."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cached_property

# What Adobe asks for beside `cjm` in a delete; without them the job stays "processing" (Journey Optimizer, privacy requests).
CJM_COMPANIONS = ("profileService", "aepDataLake", "identity")
DROPPED_CODES = frozenset({"automationproduct"})


@dataclass(frozen=True)
class Product:
    """One product as Adobe names it in `include`.

    `namespaces` are patterns `<namespace>/<type>` of the identities it takes, in Adobe's spelling; `*` stands for any.
    `supports_opt_out` is None where Adobe does not say. `answer_names` are its names in product responses. What is not offered
    is still known by its names, but no new request can name it.
    """

    code: str
    name: str
    namespaces: tuple[str, ...]
    supports_opt_out: bool | None
    access_returns: str = ""
    delete_does: str = ""
    older_codes: tuple[str, ...] = ()
    answer_names: tuple[str, ...] = ()
    is_offered: bool = True

    def takes(self, namespace: str, type_: str) -> bool:
        """Whether the product looks at identities of this canonical namespace and qualifier."""
        types = {type_, "standard"} if type_ == "namespaceId" else {type_}
        return any(fnmatchcase(f"{namespace}/{each}", pattern) for each in types for pattern in self._patterns)

    @cached_property
    def _patterns(self) -> list[str]:
        return [canonical_pattern(pattern) for pattern in self.namespaces]


def canonical_pattern(pattern: str) -> str:
    """`Email/standard` as identities are compared: the namespace in small letters, the type as it is."""
    namespace, _, type_ = pattern.strip().rpartition("/")
    return f"{namespace.strip().casefold()}/{type_.strip()}"


@dataclass(frozen=True)
class Products:
    """All products. Codes and names are found in any casing."""

    entries: tuple[Product, ...]

    @cached_property
    def by_code(self) -> dict[str, Product]:
        """By today's code, in Adobe's spelling."""
        return {product.code: product for product in self.entries}

    @cached_property
    def _by_any_code(self) -> dict[str, Product]:
        older = {text.casefold(): product for product in self.entries for text in product.older_codes}
        return older | {product.code.casefold(): product for product in self.entries}

    @cached_property
    def _by_any_name(self) -> dict[str, Product]:
        names = {text.casefold(): each for each in self.entries for text in (each.name, *each.answer_names)}
        return names | self._by_any_code

    def find(self, text: str) -> Product | None:
        """The product of a code in any casing, today's or an older one; None when there is none."""
        return self._by_any_code.get(text.strip().casefold())

    def nearest(self, text: str) -> Product | None:
        """The product most likely meant by a wrong code, also when its name was written; None when nothing is near."""
        wanted = text.strip().casefold()
        if wanted in self._by_any_name:
            return self._by_any_name[wanted]
        close = get_close_matches(wanted, self._by_any_name, n=1, cutoff=0.6)
        return self._by_any_name[close[0]] if close else None

    def by_answer_name(self, text: str) -> Product | None:
        """The product that a product response speaks of; None for a name we do not know, which is shown as it came."""
        return self._by_any_name.get(text.strip().casefold())

    def name(self, code: str) -> str:
        """What people call the product; the code itself when it is not known."""
        return self.by_code[code].name if code in self.by_code else code
