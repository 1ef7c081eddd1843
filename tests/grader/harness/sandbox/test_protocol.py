"""Messages as bytes: what is written is read again, and nothing else is."""

import json
import struct

import numpy as np
import pytest

from grader.harness.sandbox import protocol


@pytest.mark.parametrize("shape", [(2, 20), (0, 20), (0,), (3,), (2, 3, 4), ()], ids=str)
@pytest.mark.parametrize("dtype", ["<f8", "<f4", "<i8", "|u1", ">f8", "|b1"])
def test_array_comes_back_as_it_was(shape, dtype):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)

    read = protocol.unpack_array(protocol.pack_array(array))

    assert read.dtype == array.dtype
    assert np.array_equal(read, array)
    assert read.shape == array.shape
    assert read.flags.writeable


def test_array_is_a_npy_file(tmp_path):
    array = np.asfortranarray(np.arange(40.0).reshape(2, 20))
    path = tmp_path / "array.npy"
    path.write_bytes(protocol.pack_array(array))

    assert np.array_equal(np.load(path, allow_pickle=False), array)


def npy(header, body=b""):
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


HOSTILE = {
    "empty": b"",
    "magic_only": b"\x93NUMPY\x01\x00",
    "pickle": b"\x80\x04N.",
    "other_version": b"\x93NUMPY\x03\x00" + bytes(80),
    "objects": npy(b"{'descr': '|O8', 'fortran_order': False, 'shape': (1,), }\n", bytes(8)),
    "structured": npy(b"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }\n", bytes(8)),
    "strings": npy(b"{'descr': '<U2', 'fortran_order': False, 'shape': (1,), }\n", bytes(8)),
    "fortran": npy(b"{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }\n", bytes(8)),
    "expression": npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)*9, }\n", bytes(8)),
    "call": npy(b"{'descr': __import__('os').abort(), 'fortran_order': False, 'shape': (1,), }\n"),
    "nested": npy(b"(" * 60000),
    "negative": npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }\n", bytes(8)),
    "four_dimensions": npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1), }\n", bytes(8)),
    "no_newline": npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", bytes(8)),
    "huge_digits": npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (" + b"9" * 5000 + b",), }\n", bytes(8)),
}


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_hostile_array_is_refused(payload):
    with pytest.raises(ValueError, match=r"An array must come as \.npy in C order with at most 3 dimensions; got "):
        protocol.unpack_array(payload)


LYING = {
    "longer_than_it_is": npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (999999999,), }\n", bytes(8)),
    "no_such_type": npy(b"{'descr': '<b8', 'fortran_order': False, 'shape': (1,), }\n", bytes(8)),
}


@pytest.mark.parametrize("payload", LYING.values(), ids=LYING)
def test_lying_array_is_refused(payload):
    with pytest.raises(ValueError, match="An array must be as long as its header says; got b'"):
        protocol.unpack_array(payload)


def test_array_with_something_behind_it_is_refused():
    with pytest.raises(ValueError, match=r"An array must end with its last number; got \d+ bytes for shape \(2,\)"):
        protocol.unpack_array(protocol.pack_array(np.zeros(2)) + b"x")


def test_header_comes_back_as_it_was():
    message = protocol.pack({"do": "call", "positional": [3, float("inf")]}, b"xyz")
    n_header, n_payload = protocol.read_lengths(message[: protocol.LENGTHS_BYTES])
    header = message[protocol.LENGTHS_BYTES :][:n_header]

    assert protocol.read_header(header) == {"do": "call", "positional": [3, float("inf")]}
    assert message[protocol.LENGTHS_BYTES + n_header :] == b"xyz"
    assert n_payload == 3


def test_arguments_come_back_as_they_were():
    first, second, third = np.arange(6.0).reshape(2, 3), np.array(7), np.zeros((0, 2), np.float32)
    header, payload = protocol.pack_arguments([first, 3, second], {"a": 0.5, "b": third})

    positional, keywords = protocol.unpack_arguments(json.loads(json.dumps(header)), payload)

    assert header == {"positional": [None, 3, None], "keywords": {"a": 0.5, "b": None}, "lengths": header["lengths"]}
    assert sum(header["lengths"]) == len(payload)
    assert [type(value) for value in positional] == [np.ndarray, int, np.ndarray]
    assert np.array_equal(positional[0], first)
    assert positional[1] == 3
    assert (positional[2].shape, positional[2].dtype) == ((), second.dtype)
    assert keywords["a"] == 0.5
    assert (keywords["b"].shape, keywords["b"].dtype) == ((0, 2), np.float32)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[1]", r"A header must be a JSON object; got \[1\]"),
        (b"[" * 60000, "A header must be a flat JSON object; it is nested too deeply"),
        (b"{", "Expecting property name"),
        (b"\xff", "'ascii' codec can't decode"),
        (b'{"a": ' + b"1" * 5000 + b"}", "Exceeds the limit"),
    ],
    ids=["list", "nested", "cut", "bytes", "digits"],
)
def test_header_that_is_none_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        protocol.read_header(text)


def test_tuples_come_back_as_tuples():
    table = np.arange(6).reshape(2, 3).astype("uint8")

    header, payload = protocol.pack_arguments([table, 2.5, (5, 7)], {"pair": (1, 0), "rows": table[:0]})
    positional, keywords = protocol.unpack_arguments(json.loads(json.dumps(header)), payload)

    assert np.array_equal(positional[0], table)
    assert positional[0].dtype == np.uint8
    assert positional[1:] == [2.5, (5, 7)]
    assert isinstance(positional[2], tuple)
    assert keywords["pair"] == (1, 0)
    assert keywords["rows"].shape == (0, 3)
