"""A server on this machine that answers as it is told."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ETAG = '"first"'

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """Gives the answers of `script` in turn, the last one for ever, and keeps the headers that it was sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Answer] = []
        self.requests: list[dict[str, str]] = []
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/weights.zip"

    @property
    def ranges(self) -> list[str | None]:
        return [request.get("Range") for request in self.requests]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        self.server.requests.append(dict(self.headers))
        answer = self.server.script[0]
        self.server.script = self.server.script[1:] or [answer]
        answer(self)

    def log_message(self, *_):
        pass


def send(
    body: bytes, *, status: int = 200, n_sent: int | None = None, stall: bool = False, **headers: str | None
) -> Answer:
    """Answer with `body`, or with its first `n_sent` bytes and then silence or a closed connection."""

    def answer(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), "ETag": ETAG, **headers}.items():
            if value:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body[:n_sent])
        if stall:
            handler.server.released.wait()

    return answer


def send_rest(body: bytes, **options) -> Answer:
    """Answer a Range request as the standard says; `options` are for what is sent."""

    def answer(handler: Handler) -> None:
        start = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        if start == 0 or handler.headers["If-Range"] != options.get("ETag", ETAG):
            send(body, **options)(handler)
        else:
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            send(body[start:], status=206, Content_Range=span, **options)(handler)

    return answer
