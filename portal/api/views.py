"""What every view of the API shares: rights, the vocabulary of its parameters, and how it answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.db.models import Model, QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.answers import FIELDS, Answer, Body
from portal.api.conditional import conditional
from portal.api.pagination import CURSOR, LIMIT, KeysetPagination
from portal.api.problems import Fault, Problem
from portal.models import Organization, User
from portal.paging import Keyset

if TYPE_CHECKING:
    _View = GenericAPIView[Any]
else:
    _View = GenericAPIView


class AnswersProblems(APIView):
    """For views whose answers are no JSON: their errors are."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Whatever the caller would take, a problem is JSON."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(final, Response) and final.status_code >= 400:
            final.accepted_renderer = JSONRenderer()
        return final


class ApiView(_View):
    """One address. `rights`: the permissions by method. `query`: parameters beside `fields`, as a serializer reads them."""

    rights: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    query: ClassVar[Mapping[str, type[Body]]] = {}
    # Methods whose answer can be cut down with `fields`.
    selective: ClassVar[tuple[str, ...]] = ("GET",)
    # Whether a GET knows ETags.
    is_conditional: ClassVar[bool] = False
    pagination_class: Any = None
    filter_backends: Any = ()
    # For the schema only: no view uses it.
    queryset: QuerySet[Any] | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Also: a parameter that the address does not have is refused, for it may be a misspelt one that matters."""
        super().initial(request, *args, **kwargs)
        if str(request.method) not in self.allowed_methods:
            return
        known = self._known(request)
        unknown = {name: ["There is no such parameter."] for name in request.query_params if name not in known}
        if unknown:
            raise ValidationError(unknown, code="unknown-parameter")
        empty = {name: ["Give it a value, or leave it out."] for name, value in request.query_params.items() if not value}
        if empty:
            raise ValidationError(empty, code="empty-parameter")

    @property
    def user(self) -> User:
        """Who calls; nobody gets here without being known."""
        return cast("User", self.request.user)

    def get_serializer_context(self) -> dict[str, Any]:
        """With the fields that were asked for."""
        text = self.request.query_params.get(FIELDS) if self.request else None
        wanted = None if text is None else frozenset(name.strip() for name in text.split(",") if name.strip())
        return {**super().get_serializer_context(), FIELDS: wanted}

    def shown(self, kind: type[Answer], thing: Any, *, many: bool = False) -> Any:
        """The thing as the answer shows it."""
        return kind(thing, many=many, context=self.get_serializer_context()).data

    def asked(self, request: Request) -> dict[str, Any]:
        """The parameters in the query. Raises ValidationError."""
        given = {name: value for name, value in request.query_params.items() if name != FIELDS}
        return self._valid(self.query[str(request.method)], given)

    def sent(self, kind: type[Body], request: Request) -> dict[str, Any]:
        """The body. Raises ValidationError."""
        return self._valid(kind, request.data)

    def one(self, rows: QuerySet[Any], **what: Any) -> Any:
        """The row, when the caller may see it. Raises Http404."""
        return get_object_or_404(rows, **what)

    def conditional(self, kind: type[Answer], thing: Any, changed_at: datetime | None = None) -> HttpResponseBase:
        """The thing, unless the caller has it as it is."""
        return conditional(self.request, Response(self.shown(kind, thing)), changed_at)

    def organization(self, wanted: Any) -> Organization:
        """The one asked for by id; without one, the caller's only one. Raises Problem (404), and ValidationError."""
        visible = Organization.objects.visible_to(self.user)
        found = list(visible.filter(pk=wanted) if wanted else visible[:2])
        if wanted and not found:
            words = "There is no such organization, or it is not yours."
            raise Problem(HTTPStatus.NOT_FOUND, "not-found", words, [Fault("organization", None, "not-found", words)])
        if len(found) != 1:
            raise ValidationError({"organization": ["Say which: you have none, or more than one."]}, code="required")
        return found[0]

    def _known(self, request: Request) -> set[str]:
        method = "GET" if request.method == "HEAD" else str(request.method)
        own = {FIELDS} if method in self.selective else set()
        return own | set(self.query[method]().fields if method in self.query else ())

    @staticmethod
    def _valid(kind: type[Body], data: Any) -> dict[str, Any]:
        reader = kind(data=data)
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)


class ListView(ApiView):
    """A list by keyset, newest first unless the view says otherwise. `answer` shows a row; `filterset_class` narrows."""

    keyset: ClassVar[Keyset[Any]]
    answer: ClassVar[type[Answer]]
    pagination_class = KeysetPagination
    filter_backends = (DjangoFilterBackend,)

    def rows(self) -> QuerySet[Any]:
        """All that the caller may see."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        """The schema is made without a caller."""
        if getattr(self, "swagger_fake_view", False):
            model: type[Model] = self.filterset_class._meta.model  # type: ignore[attr-defined]
            return model._default_manager.none()
        return self.rows()

    def page(self) -> Response:
        """The page that was asked for."""
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.shown(self.answer, rows, many=True))

    def _known(self, request: Request) -> set[str]:
        known = super()._known(request)
        if request.method not in ("GET", "HEAD"):
            return known
        return known | {CURSOR, LIMIT} | set(self.filterset_class.base_filters)  # type: ignore[attr-defined]
