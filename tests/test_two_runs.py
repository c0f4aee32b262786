"""No test is in neither run of `make test`, and each database has what it is to have. Some tests here are their own examples."""

from __future__ import annotations

import subprocess

import pytest

from tests.stack import ROOT
from tests.two_runs import (
    BOTH,
    COLLECTED,
    ON_POSTGRESQL,
    ON_SQLITE,
    PROMISES,
    Side,
    Sides,
    function_of,
    is_promise,
    module_of,
    sides_of,
    uses_database,
)


@pytest.fixture
def sides(request: pytest.FixtureRequest) -> dict[pytest.Item, Sides]:
    """Where each test runs, of all that there are; in a run by hand, of those that were asked for."""
    return sides_of(request.config.stash.get(COLLECTED, request.session.items))


def here(request: pytest.FixtureRequest, sides: dict[pytest.Item, Sides]) -> Sides:
    """Where the test runs that asks."""
    return sides[request.node]


@pytest.mark.django_db
@pytest.mark.parametrize("case", ["first", "second"])
def test_the_first_test_of_a_module_is_on_both_and_its_other_cases_on_sqlite(
    case: str, request: pytest.FixtureRequest, sides: dict[pytest.Item, Sides]
) -> None:
    assert here(request, sides) == (BOTH if case == "first" else ON_SQLITE)


@pytest.mark.django_db
@pytest.mark.parametrize("case", ["first", "second"])
def test_of_another_test_the_first_case_is_on_postgresql_and_the_others_on_sqlite(
    case: str, request: pytest.FixtureRequest, sides: dict[pytest.Item, Sides]
) -> None:
    assert here(request, sides) == (ON_POSTGRESQL if case == "first" else ON_SQLITE)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("case", ["first", "second"])
def test_what_commits_is_on_both_with_its_first_case(
    case: str, request: pytest.FixtureRequest, sides: dict[pytest.Item, Sides]
) -> None:
    assert here(request, sides) == (BOTH if case == "first" else ON_SQLITE)
    assert sides_of([*sides], every_case=True)[request.node] == BOTH


@pytest.mark.services
def test_what_needs_the_services_is_on_postgresql(request: pytest.FixtureRequest, sides: dict[pytest.Item, Sides]) -> None:
    assert here(request, sides) == ON_POSTGRESQL


def test_what_needs_no_database_is_on_sqlite(request: pytest.FixtureRequest, sides: dict[pytest.Item, Sides]) -> None:
    assert here(request, sides) == ON_SQLITE


def test_no_test_is_in_neither_run(request: pytest.FixtureRequest, sides: dict[pytest.Item, Sides]) -> None:
    on = {side: {item.nodeid for item, of in sides.items() if side in of} for side in Side}
    everything = {item.nodeid for item in request.config.stash.get(COLLECTED, request.session.items)}
    assert request.node.nodeid in everything
    assert on[Side.SQLITE] | on[Side.POSTGRESQL] == everything
    assert on[Side.SQLITE] != everything != on[Side.POSTGRESQL]


def test_both_databases_have_some_of_each_module_and_every_promise(sides: dict[pytest.Item, Sides]) -> None:
    ours = {item: of for item, of in sides.items() if uses_database(item) and not item.get_closest_marker("services")}
    modules = {side: {module_of(item) for item, of in ours.items() if side in of} for side in Side}
    assert modules[Side.SQLITE] == modules[Side.POSTGRESQL] >= {module_of(next(iter(ours)))}
    promised = {function_of(item) for item in ours if is_promise(item)}
    assert {function_of(item) for item, of in ours.items() if of == BOTH} >= promised != set()


def test_there_is_every_promise() -> None:
    assert [path for path in PROMISES if not (ROOT / path).exists()] == []


def test_make_test_runs_both() -> None:
    said = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    runs = [line for line in said if "-p tests.two_runs" in line]
    assert ["tests.servers run" in line for line in runs] == [False, True]
