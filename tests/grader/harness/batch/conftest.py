"""What tests of a class need from the machine: a database on a server."""

import pytest

from tests.grader.harness.batch.databases import fresh_database, start_cluster


@pytest.fixture(scope="module")
def cluster():
    """Start a PostgreSQL of our own; its address."""
    with start_cluster() as address:
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/gradebook.db"
        return
    server = request.getfixturevalue("cluster")
    yield from fresh_database(server)
