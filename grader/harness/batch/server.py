"""The server of the pages where TAs mark the reports: our own and nbgrader's formgrader, in Jupyter and nothing else.

Jupyter can run code, read files and open terminals for whoever holds its token. Here one rule stands before all of its
handlers: what is not in the short list of `is_open` is answered with 403. So there are no kernels, no terminals and no
files but the course's, and the formgrader's own buttons that run or change anything but marks are dead. The server
listens to this machine only, wants a token that is new each time, and neither reads nor changes the user's settings.
The browser is started with the name of a file that only its owner can read and that leads to the address: a command
line, which everybody on the machine can read, never holds the token.

What remains: whoever can read this process' memory or the terminal has the token, and may read the class and mark it.
"""

import html
import os
import re
import secrets
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.harness.batch.database import open_gradebook, sqlite_file
from grader.harness.batch.notebooks import ADDRESS, CONFIG
from grader.harness.errors import GraderError
from grader.harness.files import write

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp
    from traitlets.config import Config

HOST = "127.0.0.1"
MARKING = "/mark/of/"
"""Before a student's key, the path of their page of marks."""
PORT = 8642
"""Taken where it is free, so that the links of a class page still lead here the next day."""
_PAGES = re.compile(
    r"/|/login|/logout|/favicon\.ico|/static/.*"
    r"|/formgrader/(gradebook|submissions|manage_assignments|manage_submissions|manage_students|static|fonts|api)(/.*)?"
    r"|/mark/((next|static|of|class)(/.*)?)?"
)
_MARKS = re.compile(r"/formgrader/api/(grade|comment)/[0-9a-f]{32}|/mark/api/(of|bank)/.*")
_FLAG = re.compile(r"/formgrader/api/submitted_notebook/[0-9a-f]{32}/flag|/login|/mark/name")
_OPEN = {"GET": _PAGES, "HEAD": _PAGES, "PUT": _MARKS, "POST": _FLAG}

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
"""The browser loads nothing from elsewhere, whatever a page says; nbgrader's pages have scripts in them."""

_NO_MATHJAX = """{% macro mathjax(url="") %}<script>
MathJax = {Hub: {Startup: {signal: {Interest(tell) { tell("End"); }}}}};
</script>{% endmacro %}"""
"""nbconvert loads MathJax from the network, and the formgrader waits until it is done: this one is done at once."""


@dataclass(frozen=True)
class Site:
    """What is served.

    Attributes
    ----------
    course : Path
        The formgrader's folder.
    url : str
        Address of the class's gradebook.
    start : str
        The path that is opened first.
    pages : sequence of tuple
        Our own pages: patterns of paths, Tornado's handlers for them, and what these are given.
    """

    course: Path
    url: str
    start: str
    pages: Sequence[tuple[str, type, Mapping[str, Any]]] = ()


def serve(site: Site, *, port: int = 0, open_browser: bool = True) -> None:
    """Serve the pages of a class until Ctrl-C or SIGTERM.

    Parameters
    ----------
    site : Site
        What is served.
    port : int, optional
        0 for any that is free.
    open_browser : bool, optional
        Whether to open the page; its address is printed anyway.

    Raises
    ------
    GraderError
        If the class was not graded yet, its gradebook cannot be opened, or the port is taken.
    """
    course = site.course.resolve()
    _check_class(course, site.url)
    token = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory(prefix="marking-") as home, _surroundings(Path(home), site.url), chdir(course):
        app = _start(site, _configure(course, site.start, Path(home), choose_port(port), token))
        # Jupyter listens once its loop runs; before that nobody would answer at the address.
        app.io_loop.add_callback(_announce, app.port, site.start, token, Path(home) if open_browser else None)
        try:
            app.start()
        finally:
            type(app).clear_instance()


def _announce(port: int, start: str, token: str, home: Path | None) -> None:
    address = f"http://{HOST}:{port}/login?token={token}&next={start.replace('/', '%2F')}"
    print(f"Mark the reports at {address}\nStop with Ctrl-C; marks are kept as they are given.", flush=True)
    if home is not None:
        # Some browsers keep whoever started them until they are closed.
        threading.Thread(target=webbrowser.open, args=(_write_way(home, address),), daemon=True).start()


def _write_way(home: Path, address: str) -> str:
    """Write a page that leads to the address, in a folder that is its owner's alone; return where it is."""
    way = home / "open.html"
    shown = html.escape(address)
    text = (
        f'<!DOCTYPE html><meta http-equiv="refresh" content="0; url={shown}"><a href="{shown}">Mark the reports</a>\n'
    )
    write(way, text.encode())
    return way.as_uri()


def is_open(method: str, path: str) -> bool:
    """Tell whether a request may reach Jupyter: pages to read, marks, comments and flags to write.

    Parameters
    ----------
    method, path : str
        As the request has them; the path without its query, not decoded.
    """
    return method in _OPEN and _OPEN[method].fullmatch(path) is not None


def _check_class(course: Path, url: str) -> None:
    file = sqlite_file(url)
    missing = next((path for path in (course / CONFIG, file) if path is not None and not path.is_file()), None)
    if missing is not None:
        raise GraderError(
            f"A class must be graded before its reports can be marked; {missing} does not exist. Run "
            "`python -m grader batch` first, and give both commands the same --gradebook if you give one."
        )
    with open_gradebook(url):
        """It can be opened, or says why not."""


def choose_port(port: int | None) -> int:
    """Find a free port: the one asked for, any for 0, and `PORT` where that is free for None.

    Raises
    ------
    GraderError
        If the one asked for is taken: Jupyter would end the process over it.
    """
    if port is None:
        try:
            return choose_port(PORT)
        except GraderError:
            return choose_port(0)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as exc:
            raise GraderError(
                f"The marking page needs a free port; {port} is not to be had: {exc}. Leave --port out to take any."
            ) from exc
        return int(probe.getsockname()[1])


@contextmanager
def _surroundings(home: Path, url: str) -> Iterator[None]:
    """Keep the user's and the machine's Jupyter settings out of it, and let nbgrader's settings know the gradebook."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("JUPYTER") or name == ADDRESS}
    ours = {
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_DATA_DIR": f"{home}/data",
        "JUPYTER_RUNTIME_DIR": f"{home}/runtime",
        ADDRESS: url,
    }
    kept_folder = tempfile.tempdir
    for name in kept:
        del os.environ[name]
    os.environ.update(ours)
    # What Jupyter makes for the time that it runs goes with it.
    tempfile.tempdir = str(home)
    try:
        yield
    finally:
        tempfile.tempdir = kept_folder
        for name in ours:
            os.environ.pop(name, None)
        os.environ.update(kept)


def _configure(course: Path, start: str, home: Path, port: int, token: str) -> "Config":
    from traitlets.config import Config

    (home / "exchange").mkdir()
    server: dict[str, Any] = {
        "ip": HOST,
        "port": port,
        "port_retries": 0,
        "root_dir": str(course),
        "default_url": start,
        "open_browser": False,
        "answer_yes": True,
        "terminals_enabled": False,
        # Nothing runs here that root could be tricked into.
        "allow_root": True,
        "log_level": "ERROR",
        "tornado_settings": {"headers": {"Content-Security-Policy": _POLICY}},
    }
    return Config(
        {
            "ServerApp": server,
            "IdentityProvider": {"token": token},
            "KernelSpecManager": {"ensure_native_kernel": False, "allowed_kernelspecs": {"none"}},
            # The place where nbgrader would hand out assignments: an empty one of our own.
            "Exchange": {"root": str(home / "exchange")},
        }
    )


def _start(site: Site, config: "Config") -> "ServerApp":
    """Start Jupyter without any of its extensions, close its doors, and put the formgrader and our pages in."""
    from jinja2 import ChoiceLoader, DictLoader
    from jupyter_server.serverapp import ServerApp
    from nbgrader.server_extensions.formgrader.formgrader import load_jupyter_server_extension

    app = ServerApp.instance(config=config)
    app.initialize(argv=[], find_extensions=False)
    load_jupyter_server_extension(app)
    templates = app.web_app.settings["nbgrader_exporter"].environment
    templates.loader = ChoiceLoader([DictLoader({"mathjax.html.j2": _NO_MATHJAX}), templates.loader])
    app.web_app.add_handlers(".*$", list(site.pages))
    _close_other_doors(app.web_app)
    return app


def _close_other_doors(web_app: Any) -> None:  # noqa: ANN401 - Tornado's application
    from tornado.routing import Matcher, Rule
    from tornado.web import ErrorHandler

    class OtherDoors(Matcher):  # type: ignore[misc]
        def match(self, request: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - Tornado's request
            return None if is_open(request.method, request.path) else {}

    web_app.default_router.rules.insert(0, Rule(OtherDoors(), ErrorHandler, {"status_code": 403}))
