"""A PostgreSQL of our own, and a fresh database in it for each test."""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

PASSWORD = "Swordfish-9"  # noqa: S105 - of a database that lives for a test


@contextmanager
def start_cluster():
    """Start a PostgreSQL of our own, as somebody who is not root, reached by a socket and a password."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        pytest.skip("there is no PostgreSQL under /usr/lib/postgresql")
    pytest.importorskip("psycopg", reason="the optional package psycopg is not installed")
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = None if os.geteuid() else ("postgres" if "postgres" in names else "nobody")
    # pytest's own folders are closed to other users, and a socket's path must be short.
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    if user:
        shutil.chown(home, user)
    (home / "password").write_text(PASSWORD)
    (home / "password").chmod(0o644)

    def run(program, *arguments):
        command = [folders[-1] / program, "-D", home / "data", *arguments]
        with (home.parent / f"{home.name}.log").open("ab") as log:
            subprocess.run(command, check=True, user=user, cwd=home, env={"LC_ALL": "C"}, stdout=log, stderr=log)

    try:
        run("initdb", "--no-sync", "-U", "ta", "-A", "scram-sha-256", "-E", "UTF8", f"--pwfile={home / 'password'}")
        run("pg_ctl", "-w", "start", "-o", f"-c listen_addresses='' -c fsync=off -k {home}")
        try:
            yield make_url(f"postgresql+psycopg://ta:{PASSWORD}@/postgres?host={home}")
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)
        (home.parent / f"{home.name}.log").unlink()


def fresh_database(server):
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS lab WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE lab"))
    engine.dispose()
    yield server.set(database="lab").render_as_string(hide_password=False)
