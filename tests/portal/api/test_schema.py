"""The OpenAPI schema: current, free of warnings, and shown offline under the strict policy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema

from tests.actors import Actors, covers
from tests.api import Api

CHECKED_IN = Path(__file__).resolve().parents[3] / "portal" / "api" / "openapi.yaml"


def test_the_file_is_current_valid_and_free_of_warnings() -> None:
    GENERATOR_STATS.reset()
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    validate_schema(schema)  # type: ignore[no-untyped-call]
    assert not GENERATOR_STATS
    made = OpenApiYamlRenderer().render(schema, renderer_context={})  # type: ignore[no-untyped-call]
    assert made.decode() == CHECKED_IN.read_text(), "make schema"


@pytest.mark.django_db
@covers("api:docs")
def test_who_may_read_the_documentation(actors: Actors) -> None:
    actors.open("/api/docs/", stranger=200)


@pytest.mark.django_db
def test_the_documentation_comes_from_this_host_alone(actors: Actors) -> None:
    page = actors.viewer.page("/api/docs/")
    loaded = [script["src"] for script in page.root.all("script")] + [link["href"] for link in page.root.all("link")]
    assert len(loaded) == 5
    assert [address for address in loaded if not finders.find(address.removeprefix("/static/"))] == []


@pytest.mark.django_db
@covers("api:schema")
def test_who_may_have_the_schema(api: Api, actors: Actors) -> None:
    assert Api(None).get("/api/schema").status_code == 401
    for person in (actors.officer, actors.viewer, actors.stranger):
        assert person.get("/api/schema").status_code == 200
    answer = api.get("/api/schema", Accept="application/vnd.oai.openapi+json")
    schema = json.loads(answer.content)
    assert schema["openapi"] == "3.0.3"
    assert "/api/v1/requests" in schema["paths"]
