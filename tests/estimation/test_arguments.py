import argparse

import pytest

from estimation.arguments import OneSentenceParser, positive_integer, score


def test_positive_integer_reads_a_number():
    assert positive_integer("368") == 368


@pytest.mark.parametrize("text", ["0", "-3", "1.5", "high", ""])
def test_positive_integer_refuses(text):
    with pytest.raises(argparse.ArgumentTypeError, match=rf"must be an integer of at least 1; got '{text}'"):
        positive_integer(text)


@pytest.mark.parametrize("text", ["0", "0.25", "1", "1e-3"])
def test_score_reads(text):
    assert score(text) == float(text)


@pytest.mark.parametrize("text", ["nan", "inf", "-0.1", "1.01", "high", ""])
def test_score_refuses(text):
    with pytest.raises(argparse.ArgumentTypeError, match=f"must be a number from 0 to 1; got {text!r}"):
        score(text)


def test_parser_says_one_sentence(capsys):
    with pytest.raises(SystemExit) as stopped:
        OneSentenceParser(prog="demo").parse_args(["--none"])

    assert stopped.value.code == 2
    assert capsys.readouterr().err == "demo: unrecognized arguments: --none. See --help.\n"
