"""Fetch one large file over HTTP and go on after a break, in this run or the next."""

import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import httpx
from tqdm import tqdm


class DownloadError(ValueError):
    """The weights could not be fetched; the message is one that a user can act on."""


class _PassingError(Exception):
    """The server failed in a way that may pass."""


@dataclass(frozen=True)
class TransferLimits:
    """How long to try, and how much to take.

    Attributes
    ----------
    timeout_s : float
        For the connection and for every piece.
    n_attempts : int
        After which the download gives up; what has arrived is kept.
    pause_s : float
        Before the second attempt; doubled before each further one.
    max_archive_bytes, max_unpacked_bytes : int
        The real ones are about 200 MB.
    """

    timeout_s: float = 30.0
    n_attempts: int = 5
    pause_s: float = 1.0
    max_archive_bytes: int = 2**29
    max_unpacked_bytes: int = 2**30


DEFAULT_LIMITS = TransferLimits()


def fetch(url: str, part: Path, limits: TransferLimits = DEFAULT_LIMITS) -> None:
    """Download a file, from where an earlier attempt of the same address stopped, and try again when it breaks.

    Parameters
    ----------
    url : str
    part : Path
        The file; beside it stands ``<name>.json``, which says what the bytes belong to.
    limits : TransferLimits, optional

    Raises
    ------
    DownloadError
        If the server refuses or sends too much, or if the last attempt fails too; then `part` is kept.
    """
    fault: Exception | None = None
    with httpx.Client(follow_redirects=True, timeout=limits.timeout_s) as client:
        for attempt in range(limits.n_attempts):
            time.sleep(limits.pause_s * 2 ** (attempt - 1) if attempt else 0)
            try:
                return _fetch_rest(client, url, part, limits.max_archive_bytes)
            except httpx.UnsupportedProtocol as error:
                raise DownloadError(f"The address must begin with http:// or https://; got {url!r}.") from error
            except (httpx.TransportError, _PassingError) as error:
                fault = error
            except DownloadError:
                forget(part)
                raise
    raise DownloadError(
        f"The download must succeed within {limits.n_attempts} attempts; the last one failed: "
        f"{str(fault) or type(fault).__name__}; at {url}. "
        "Run the same command to continue, or name a mirror with --url."
    ) from fault


def forget(part: Path) -> None:
    """Delete what has arrived of a file, and the note beside it."""
    part.unlink(missing_ok=True)
    _notes(part).unlink(missing_ok=True)


def _fetch_rest(client: httpx.Client, url: str, part: Path, max_bytes: int) -> None:
    n_had, validator = _resumable(part, url)
    # Identity, because the bytes of a compressed transfer cannot be continued.
    headers = {"Accept-Encoding": "identity"}
    if n_had:
        headers |= {"Range": f"bytes={n_had}-", "If-Range": validator}
    with client.stream("GET", url, headers=headers) as response:
        _refuse_failure(response, part, url)
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            n_had = 0
        elif not _continues(response.headers, n_had, validator):
            forget(part)
            raise _PassingError("the server went on with another file or at another place")
        with part.open("ab" if n_had else "wb") as file:
            # Only now: the note must never belong to the bytes that were there before.
            _note(part, url, response.headers)
            _copy(response, file, max_bytes)


def _copy(response: httpx.Response, file: BinaryIO, max_bytes: int) -> None:
    n_had = file.tell()
    length = response.headers.get("Content-Length")
    total = n_had + int(length) if length else None
    # None: no bar where the output is not a terminal.
    with tqdm(
        initial=n_had, total=total, unit="B", unit_scale=True, desc=Path(file.name).name, disable=None
    ) as progress:
        for piece in response.iter_raw():
            if max(total or 0, file.tell() + len(piece)) > max_bytes:
                raise DownloadError(
                    f"The archive must have at most {max_bytes} bytes; got {total or 'more'} from {response.url}. "
                    "Name another address with --url."
                )
            file.write(piece)
            progress.update(len(piece))


def _refuse_failure(response: httpx.Response, part: Path, url: str) -> None:
    answer = f"the server answered {response.status_code} {response.reason_phrase}"
    if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        forget(part)
        raise _PassingError(answer)
    if response.is_server_error or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        raise _PassingError(answer)
    if not response.is_success:
        raise DownloadError(f"The weights must be at {url}; {answer}. Name another address with --url.")


def _continues(headers: httpx.Headers, n_had: int, validator: str) -> bool:
    starts_there = headers.get("Content-Range", "").startswith(f"bytes {n_had}-")
    return starts_there and _validator(headers) in (validator, None)


def _validator(headers: httpx.Headers) -> str | None:
    """Find what tells one version of the file from the next; a weak ETag does not promise the same bytes."""
    etag: str = headers.get("ETag", "W/")
    return headers.get("Last-Modified") if etag.startswith("W/") else etag


def _notes(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _note(part: Path, url: str, headers: httpx.Headers) -> None:
    _notes(part).write_text(json.dumps({"url": url, "validator": _validator(headers)}), encoding="utf-8")


def _resumable(part: Path, url: str) -> tuple[int, str]:
    try:
        notes = json.loads(_notes(part).read_text(encoding="utf-8"))
        if notes["url"] == url and notes["validator"]:
            return part.stat().st_size, notes["validator"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        pass  # Nothing there, or nothing that can be trusted: start anew.
    return 0, ""
