"""What both sides of the pipes agree on: sizes and how messages are written. No NumPy here: the child has none.

Request: two lengths, JSON, then the document in pieces, each acknowledged with one byte. Reply: chunks of at most
`CHUNK_BYTES`, each behind its length; length 0 and one byte tell how the fork ended. The chunks together are the
fork's messages: two lengths, JSON, pixels. Only the chunks' lengths are written by somebody whom the grader trusts.
"""

import struct

LENGTHS = struct.Struct(">II")
"""Before a request and before each message of a fork: bytes of JSON, bytes that follow it."""
CHUNK = struct.Struct(">I")

CHUNK_BYTES = 256 * 1024
PIECE_BYTES = 1024 * 1024
ACKNOWLEDGED = b"+"
READY = b"ready"

WALL_S = 20.0
"""A document that takes longer is given up; what came until then is used."""
CPU_S = 10
ADDRESS_BYTES = 1024**3

MAX_JSON_BYTES = 256 * 1024
MAX_TEXT = 20_000
"""Characters of one page that are read."""
MAX_DOCUMENT_TEXT = 200_000
"""Characters that are read of a report that is no PDF."""
MAX_XML_BYTES = 32 * 1024**2
"""Bytes of such a report's text with its markup that are unpacked."""
MAX_SHAPE = 2
"""A drawn page is at most so many times higher than it may be wide."""
MAX_REPLY_BYTES = 512 * 1024**2

COMPLETE, LATE, CRASHED, TOO_MUCH = b"c", b"l", b"x", b"m"
"""How a fork ended: by itself, at the time limit, by a fault in the reader or its memory, at the limit of a reply."""
