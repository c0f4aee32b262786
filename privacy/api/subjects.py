"""Finding a person by an exact identity. A POST, so that the identity stands in no address and no log."""

from __future__ import annotations

from collections.abc import Iterator

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal import audit, crypto
from portal.api.answers import Answer, Body
from portal.api.idempotency import idempotent
from portal.api.views import ApiView
from portal.models import Organization
from privacy import schema, writing
from privacy.models import DataSubject
from privacy.statuses import Action, JobStatus, RequestStatus

MOST = 200


class SearchBody(Body):
    """One identity."""

    namespace = serializers.CharField(max_length=200, help_text="As in `userIDs`, such as `Email` or `ECID`.")
    value = serializers.CharField(max_length=2000, trim_whitespace=False)
    type = serializers.ChoiceField(choices=schema.QUALIFIERS, default="standard")
    namespace_id = serializers.IntegerField(required=False, min_value=0, max_value=2**31)
    organization = serializers.UUIDField(required=False, help_text="All of yours, when it is not said.")


class SubjectJobAnswer(Answer):
    """One job about the person."""

    id = serializers.UUIDField(read_only=True)
    adobe_job_id = serializers.CharField(read_only=True, allow_null=True)
    action = serializers.ChoiceField(choices=Action.choices, read_only=True)
    status = serializers.ChoiceField(choices=JobStatus.choices, read_only=True)
    status_words = serializers.CharField(read_only=True)


class SubjectAnswer(Answer):
    """The person as named in one request."""

    request = serializers.CharField(source="request.number", read_only=True)
    request_status = serializers.ChoiceField(source="request.status", choices=RequestStatus.choices, read_only=True)
    organization = serializers.UUIDField(source="request.organization_id", read_only=True)
    person = serializers.IntegerField(source="position", read_only=True, help_text="The person's place in the request.")
    received_on = serializers.DateField(source="request.received_on", read_only=True)
    due_on = serializers.DateField(source="request.due_on", read_only=True, allow_null=True)
    jobs = SubjectJobAnswer(many=True, read_only=True)


class FoundAnswer(Answer):
    """Every request that names the person."""

    results = SubjectAnswer(many=True, read_only=True)
    is_complete = serializers.BooleanField(read_only=True, help_text=f"No: there are more than {MOST}; the newest are shown.")


class SubjectSearch(ApiView):
    """Searching."""

    rights = {"POST": ("privacy.view_privacyrequest", "privacy.view_job")}
    selective = ("POST",)

    @extend_schema(operation_id="subjects_search", request=SearchBody, responses={200: FoundAnswer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Every request that names this exact identity, newest first, with its jobs. The search stands in the audit trail."""
        wanted = self.sent(SearchBody, request)
        mine = Organization.objects.visible_to(self.user).select_related("data_key")
        searched = [self.organization(wanted["organization"])] if "organization" in wanted else list(mine)
        subjects = sorted(
            (subject for one in searched for subject in self._found(one, wanted)),
            key=lambda subject: (subject.request.created_at, subject.pk),
            reverse=True,
        )
        found = {"results": subjects[:MOST], "is_complete": len(subjects) <= MOST}
        return Response(self.shown(FoundAnswer, found))

    def _found(self, organization: Organization, wanted: dict[str, object]) -> Iterator[DataSubject]:
        """By the blind index of one organization."""
        namespace = schema.canonical_namespace(wanted["namespace"], wanted["type"], wanted.get("namespace_id"))  # type: ignore[arg-type]
        value = schema.canonical_value(namespace, wanted["value"])  # type: ignore[arg-type]
        digest = writing.identity_digest(crypto.blind_index_for(organization), namespace, value)
        rows = (
            DataSubject.objects.filter(identity_digests__digest=digest, request__organization=organization)
            .select_related("request")
            .prefetch_related("jobs")
            .order_by("-pk")
            .distinct()[: MOST + 1]
        )
        subjects = list(rows)
        audit.record("subject.searched", actor=self.user, organization=organization, obj=None, details={"found": len(subjects)})
        yield from subjects
