import argparse

import pytest

from estimation.arguments import positive_integer


def test_positive_integer_reads_a_number():
    assert positive_integer("368") == 368


@pytest.mark.parametrize("text", ["0", "-3", "1.5", "high", ""])
def test_positive_integer_refuses(text):
    with pytest.raises(argparse.ArgumentTypeError, match=rf"must be an integer of at least 1; got '{text}'"):
        positive_integer(text)
