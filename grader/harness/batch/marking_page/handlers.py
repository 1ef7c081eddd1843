"""The paths of the marking page: whoever has the server's token may read the class and mark it, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from grader.harness.batch.marking_page import reading, saving
from grader.harness.batch.marking_page.desk import Desk

_NAME = "[A-Za-z0-9-]{1,100}"
_KEY = f"({_NAME})"
_WORD = "([A-Za-z0-9_]{1,100})"


def make_pages(desk: Desk) -> list[tuple[str, type, dict[str, Any]]]:
    """List the paths of the marking page and who answers them, for Tornado."""
    own = {"desk": desk, "threads": ThreadPoolExecutor(4)}
    return [
        (r"/mark/", reading.List, own),
        (r"/mark/name", reading.Name, own),
        (r"/mark/next", reading.Next, own),
        (rf"/mark/of/{_KEY}", reading.Submission, own),
        (rf"/mark/of/{_KEY}/page/([1-9][0-9]{{0,4}})", reading.ReportPage, own),
        (rf"/mark/of/{_KEY}/file/(report|[0-9]{{1,3}})", reading.File, own),
        (rf"/mark/of/{_KEY}/(results|feedback)\.html", reading.Results, own),
        (r"/mark/class/", reading.Class, own),
        (rf"/mark/class/(feedback|results|pairs)/({_NAME}(?:--{_NAME})?\.(?:html|json))", reading.ClassFile, own),
        (r"/mark/static/(page\.css|page\.js)", reading.Static, own),
        (rf"/mark/api/of/{_KEY}/part/{_WORD}", saving.SavePart, own),
        (rf"/mark/api/of/{_KEY}/check/{_WORD}", saving.SaveCheck, own),
        (rf"/mark/api/of/{_KEY}/note", saving.SaveNote, own),
        (rf"/mark/api/of/{_KEY}/penalty", saving.Waive, own),
        (rf"/mark/api/of/{_KEY}/nothing", saving.GiveNothing, own),
        (rf"/mark/api/of/{_KEY}/claim", saving.Claim, own),
        (rf"/mark/api/bank/{_WORD}(?:/([0-9]{{1,9}}))?", saving.Bank, own),
    ]
