"""What people fill in on the way from a table to an upload: the file, how it is read, what its columns are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.models import Organization, User
from privacy import catalog
from privacy.forms import receipt_problem, today_of
from privacy.models import TableImport
from privacy.schema import QUALIFIERS
from privacy.statuses import Action
from privacy.tables.detecting import ENCODINGS
from privacy.tables.heads import column_letter
from privacy.tables.mapping import ONLY_LONG, ONLY_WIDE, Column, Form, Use, kinds_of_identity
from privacy.tables.mapping import Mapping as TableMapping
from privacy.tables.rows import Reading

SEPARATOR_NAMES = {
    ",": gettext_lazy("Comma"),
    ";": gettext_lazy("Semicolon"),
    "\t": gettext_lazy("Tab"),
    "|": gettext_lazy("Vertical bar"),
}
# A column of identities of a namespace that no list here has.
OTHER = "other"
_KIND = "of:"


class TableForm(forms.Form):
    """One table of one organization."""

    organization = forms.ModelChoiceField(
        label=gettext_lazy("Organization"),
        queryset=Organization.objects.none(),
        empty_label=None,
        error_messages={
            "required": gettext_lazy("Choose the organization."),
            "invalid_choice": gettext_lazy("Choose one of your organizations."),
        },
    )
    table_file = forms.FileField(
        label=gettext_lazy("Table"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,text/csv"}),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Offers the organizations of `user`."""
        super().__init__(*args, **kwargs)
        organizations = Organization.objects.visible_to(user)
        choice: Any = self.fields["organization"]
        if organizations.count() > 1:
            # None is chosen beforehand: people's data must not go to the wrong organization because nobody looked.
            choice.empty_label = _("Choose the organization")
        choice.queryset = organizations
        _describe(self)


class ReadingForm(forms.Form):
    """How the bytes of a table are read; what does not concern its kind is not there."""

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=list(ENCODINGS.items()))
    separator = forms.ChoiceField(label=gettext_lazy("Columns are separated by"), choices=list(SEPARATOR_NAMES.items()))
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"))
    has_header = forms.BooleanField(label=gettext_lazy("The first row holds the names of the columns"), required=False)

    def __init__(self, *args: Any, reading: Reading, sheets: Sequence[str], **kwargs: Any) -> None:
        """Shows how the file is read now."""
        shown = {"encoding": reading.encoding, "separator": reading.separator, "sheet": reading.sheet}
        super().__init__(*args, **(kwargs | {"initial": shown | {"has_header": reading.has_header}}))
        self._reading = reading
        sheet: Any = self.fields["sheet"]
        sheet.choices = [(name, name) for name in sheets]
        for name in ("encoding", "separator") if sheets else ("sheet",):
            del self.fields[name]

    def reading(self) -> Reading:
        """What was chosen."""
        return Reading(**({"kind": self._reading.kind} | self.cleaned_data))


@dataclass(frozen=True)
class ColumnLine:
    """One column on the page: its letter, its name, what stands in it first, and its three fields."""

    letter: str
    name: str
    examples: list[str]
    use: forms.BoundField
    namespace: forms.BoundField
    type: forms.BoundField


class MappingForm(forms.Form):
    """What each column is, and what is asked for everybody."""

    form = forms.ChoiceField(label=gettext_lazy("How people stand in the table"), choices=Form.choices, widget=forms.RadioSelect)
    regulation = forms.ChoiceField(
        label=gettext_lazy("Law"), error_messages={"required": gettext_lazy("Choose the law under which the people ask.")}
    )
    products = forms.MultipleChoiceField(
        label=gettext_lazy("Products"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one product.")},
    )
    actions = forms.MultipleChoiceField(
        label=gettext_lazy("What everybody asks for"),
        choices=Action.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    received_on = forms.DateField(
        label=gettext_lazy("Received on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": gettext_lazy("Enter the day on which the people asked."),
            "invalid": gettext_lazy("Enter the day as year-month-day, such as 2026-11-24."),
        },
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, table: TableImport) -> None:
        """Shows what was chosen before, or the guess."""
        self._table = table
        self._kept = TableMapping.from_dict(table.mapping)
        super().__init__(data, initial=self._initial())
        self._offer()
        kinds = kinds_of_identity(catalog.current(), table.organization.product_codes)
        self._listed = {f"{_KIND}{type_}:{name}" for group in kinds.values() for name, type_ in group}
        for place, column in enumerate(self._kept.columns):
            self._add_column(place, column, _choices(kinds))
        _describe(self)

    def _initial(self) -> dict[str, Any]:
        kept = self._kept
        received_on = self._table.received_on or today_of([self._table.organization])
        return {
            "form": kept.form,
            "regulation": kept.regulation,
            "products": list(kept.products),
            "actions": list(kept.actions),
            "received_on": received_on,
        }

    def _offer(self) -> None:
        known, fields = catalog.current(), self.fields
        law: Any = fields["regulation"]
        laws = sorted((each.name, each.code) for each in known.laws.entries if each.is_offered)
        law.choices = [("", _("Choose the law")), *((code, name) for name, code in laws)]
        products: Any = fields["products"]
        had = set(self._table.organization.product_codes)
        products.choices = [(each.code, each.name) for each in known.products.entries if each.is_offered and each.code in had]

    def _add_column(self, place: int, column: Column, choices: list[Any]) -> None:
        listed = f"{_KIND}{column.type}:{column.namespace}"
        is_other = column.use == Use.IDENTITY and listed not in self._listed
        use = column.use if column.use != Use.IDENTITY else OTHER if is_other else listed
        letter = column_letter(place)
        self.fields[f"use_{place}"] = forms.ChoiceField(
            label=_("What column %(letter)s is") % {"letter": letter}, choices=choices, required=False, initial=use
        )
        self.fields[f"namespace_{place}"] = forms.CharField(
            label=_("Namespace of column %(letter)s") % {"letter": letter},
            required=False,
            max_length=200,
            initial=column.namespace if is_other else "",
        )
        self.fields[f"type_{place}"] = forms.ChoiceField(
            label=_("Type of the namespace of column %(letter)s") % {"letter": letter},
            choices=[(word, word) for word in QUALIFIERS],
            required=False,
            initial=column.type if is_other else "custom",
        )

    # --- For the page ---

    def columns(self) -> Iterator[ColumnLine]:
        """Each column with its fields."""
        head = self._table.head
        for place, name in enumerate(head["columns"]):
            cells = [row["cells"][place] for row in head["rows"] if row["cells"][place]]
            fields = (self[f"{part}_{place}"] for part in ("use", "namespace", "type"))
            yield ColumnLine(column_letter(place), name, cells[:2], *fields)

    # --- What was chosen ---

    def clean(self) -> dict[str, Any] | None:
        """The columns fit the form of the table, and each of the uses that are singular stands once."""
        cleaned = super().clean()
        chosen = [self._column(place) for place in range(len(self._kept.columns))]
        self._check_uses(chosen)
        if self.cleaned_data.get("form") == Form.LONG:
            self._check_long(chosen)
        elif Use.IDENTITY not in {column.use for column in chosen}:
            self.add_error("use_0", _("No column holds identities. Choose for at least one column which namespace it holds."))
        if Use.ACTION not in {column.use for column in chosen} and not self.cleaned_data.get("actions"):
            self.add_error("actions", _("Choose what everybody asks for, or a column that says it."))
        received_on = self.cleaned_data.get("received_on")
        if received_on and (problem := receipt_problem(self._table.organization, received_on)):
            self.add_error("received_on", problem)
        self.chosen = tuple(chosen)
        return cleaned

    def _column(self, place: int) -> Column:
        use = self.cleaned_data.get(f"use_{place}", "")
        if use.startswith(_KIND):
            type_, _colon, namespace = use.removeprefix(_KIND).partition(":")
            return Column(Use.IDENTITY, namespace, type_)
        if use == OTHER:
            namespace = self.cleaned_data.get(f"namespace_{place}", "").strip()
            if not namespace:
                self.add_error(f"namespace_{place}", _("Write the namespace of the identities in this column."))
            return Column(Use.IDENTITY, namespace, self.cleaned_data.get(f"type_{place}") or "custom")
        return Column(use)

    def _check_uses(self, chosen: list[Column]) -> None:
        is_long = self.cleaned_data.get("form") == Form.LONG
        seen: dict[str, str] = {}
        for place, column in enumerate(chosen):
            if column.use in (ONLY_WIDE if is_long else ONLY_LONG):
                other = Form.WIDE.label if is_long else Form.LONG.label
                self.add_error(f"use_{place}", _("This is for a table with: %(form)s. Choose that form above.") % {"form": other})
            elif column.use not in ("", Use.IDENTITY) and column.use in seen:
                same = _("Column %(letter)s is the same. Only one column can be it.") % {"letter": seen[column.use]}
                self.add_error(f"use_{place}", same)
            seen.setdefault(column.use, column_letter(place))

    def _check_long(self, chosen: list[Column]) -> None:
        missing = [use for use in (Use.KEY, Use.NAMESPACE, Use.VALUE) if use not in {column.use for column in chosen}]
        if missing:
            names = ", ".join(str(use.label) for use in missing)
            message = _("With one identity in each row, columns are needed for: %(names)s.") % {"names": names}
            self.add_error("use_0", message)

    def mapping(self) -> TableMapping:
        """What was chosen."""
        cleaned = self.cleaned_data
        return TableMapping(
            cleaned["form"], self.chosen, cleaned["regulation"], tuple(cleaned["products"]), tuple(cleaned["actions"])
        )


def _choices(kinds: dict[str, list[tuple[str, str]]]) -> list[Any]:
    """What a column can be, in groups."""
    groups: list[Any] = [
        ("", Use.LEFT_OUT.label),
        (_("The person"), [(use.value, use.label) for use in (Use.KEY, Use.ACTION)]),
    ]
    for product, identities in kinds.items():
        named = [(f"{_KIND}{type_}:{name}", name if type_ == "standard" else f"{name} ({type_})") for name, type_ in identities]
        groups.append((_("Identities of %(product)s") % {"product": product} if product else _("Identities"), named))
    groups.append((_("Identities of another namespace"), [(OTHER, _("Another namespace, written below"))]))
    groups.append((Form.LONG.label, [(use.value, use.label) for use in ONLY_LONG]))
    return groups


def _describe(form: forms.Form) -> None:
    for name, field in form.fields.items():
        described = [f"help-{name}"] if not name.rpartition("_")[2].isdigit() else []
        if form.is_bound and name in form.errors:
            described.append(f"error-{name}")
            field.widget.attrs["aria-invalid"] = "true"
        if described:
            field.widget.attrs["aria-describedby"] = " ".join(described)
