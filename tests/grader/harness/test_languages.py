"""Sentences that are kept in English and told in another language: what is looked up, and what never is."""

import ctypes
import gettext
import os
import pickle
import threading
from types import SimpleNamespace

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from grader.harness.errors import UsageError
from grader.harness.languages import (
    LANGUAGES,
    Said,
    choose_language,
    counted,
    fill,
    find_language,
    find_system_language,
    language_of_now,
    said,
    speaking,
    tell,
)


@pytest.fixture
def folder(tmp_path):
    """A lab's folder with a small catalogue."""
    catalogue = Catalog(locale="zh_TW")
    for message, told in (
        ("the fox sees {what}", "狐狸看見{what}"),
        ("a hen", "母雞"),
        (("{n} hen", "{n} hens"), ("{n} 隻母雞",)),
        ("{1} foxes of {2}", "{2} 中的 {1} 隻狐狸"),
        ("of 3 hens", "三隻母雞之一"),
    ):
        catalogue.add(message, told)
    place = tmp_path / "locale" / "zh_TW" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "farm.mo").open("wb") as file:
        write_mo(file, catalogue)
    return tmp_path


def test_sentence_is_english_wherever_it_is_a_text():
    sentence = said("the fox sees {what}", what="a hen")

    assert sentence == "the fox sees a hen"
    assert f"{sentence}." == "the fox sees a hen."
    assert (sentence.pattern, sentence.values) == ("the fox sees {what}", {"what": "a hen"})


def test_sentence_keeps_the_values_that_it_names():
    assert said("{a} and {b}", b=2, a=(1, 2), c="unused").values == {"a": "(1, 2)", "b": "2"}


@pytest.mark.parametrize(("n", "expected"), [(1, "1 hen"), (0, "0 hens"), (2, "2 hens"), (1234, "1,234 hens")])
def test_number_decides_singular_or_plural(n, expected):
    assert counted("{n} hen", "{n} hens", n) == expected


def test_sentence_is_told_in_the_language_of_now(folder):
    sentence = said("the fox sees {what}", what=said("a hen"))

    assert tell(sentence) == "the fox sees a hen"
    with speaking("zh-TW", folder):
        assert tell(sentence) == "狐狸看見母雞"
        assert tell(counted("{n} hen", "{n} hens", 1234)) == "1,234 隻母雞"
        assert language_of_now() == "zh-TW"
        with speaking("en"):
            assert tell(sentence) == "the fox sees a hen"
        assert language_of_now() == "zh-TW"
    assert tell(sentence) == "the fox sees a hen"
    assert language_of_now() == "en"


def test_text_of_a_stranger_in_a_sentence_is_left_alone(folder):
    with speaking("zh-TW", folder):
        assert tell(said("the fox sees {what}", what="a hen")) == "狐狸看見a hen"
        assert tell(said("the fox sees {what}", what="{what} {0.__class__}")) == "狐狸看見{what} {0.__class__}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a hen", "母雞"),
        ("12 foxes of 1,100", "1,100 中的 12 隻狐狸"),
        ("of 3 hens", "三隻母雞之一"),
        ("a goose", "a goose"),
        ("7 geese", "7 geese"),
        ("", ""),
    ],
    ids=str,
)
def test_text_of_rubrics_and_cases_is_looked_up_as_it_stands(folder, text, expected):
    with speaking("zh-TW", folder):
        assert tell(text) == expected


def test_what_a_catalogue_lacks_is_told_in_english(folder):
    with speaking("zh-TW", folder):
        assert tell(said("the goose sees {what}", what=said("a hen"))) == "the goose sees 母雞"
        assert tell(counted("{n} goose", "{n} geese", 3)) == "3 geese"


@pytest.mark.parametrize(
    "content", [b"", b"no catalogue", gettext.__file__.encode() * 40], ids=["empty", "text", "long"]
)
def test_damaged_catalogue_says_nothing(tmp_path, content):
    place = tmp_path / "locale" / "zh_TW" / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "farm.mo").write_bytes(content)

    with speaking("zh-TW", tmp_path):
        assert tell(said("a hen")) == "a hen"


def test_language_is_that_of_one_thread(folder):
    told = []
    with speaking("zh-TW", folder):
        other = threading.Thread(target=lambda: told.append(tell(said("a hen"))))
        other.start()
        other.join()

    assert told == ["a hen"]


def test_patterns_look_up_names_and_nothing_else():
    assert fill("{a} {a.b} {a[0]} {a!r} {a:>9} {0} {}", {"a": "x"}, str) == "x {a.b} {a[0]} {a!r} {a:>9} {0} {}"
    assert fill("{unknown}", {}, str) == "{unknown}"


def test_sentence_travels_to_another_process_whole():
    sentence = said("{first}; {hens}", first=said("a hen"), hens=counted("{n} hen", "{n} hens", 3))

    copy = pickle.loads(pickle.dumps(sentence))  # noqa: S301 - our own

    assert isinstance(copy, Said)
    assert copy == sentence == "a hen; 3 hens"
    assert copy.values["hens"].plural == "{n} hens"


@pytest.mark.parametrize("asked", ["zh-TW", "zh-tw", "zh_TW", " ZH_tw "])
def test_language_is_found_whatever_its_letters(asked):
    assert find_language(asked) == "zh-TW"
    assert choose_language(asked, "en") == "zh-TW"


def test_language_that_was_not_asked_for_is_the_other():
    assert choose_language("", "zh-TW") == "zh-TW"


@pytest.mark.parametrize("asked", ["klingon", "zh", "zh-CN", "../zh-TW", "en_US"])
def test_unknown_language_is_told_with_those_that_there_are(asked):
    with pytest.raises(
        UsageError, match=rf"^A language must be en \(English\) or zh-TW \(繁體中文\); got '{asked}'\.$"
    ):
        find_language(asked)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-TW"),
        ({"LANG": "zh_HK.UTF-8"}, "zh-TW"),
        ({"LANG": "zh-Hant-TW"}, "zh-TW"),
        ({"LANG": "zh_Hant_HK.UTF-8"}, "zh-TW"),
        ({"LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_TW.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "zh_TW"}, "zh-TW"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_TW:en"}, "zh-TW"),
        ({"LANGUAGE": "", "LANG": "zh_TW"}, "zh-TW"),
    ],
    ids=str,
)
def test_language_of_the_machine_is_told_by_its_variables(environment, expected):
    assert find_system_language(environment) == expected


def test_every_language_has_a_name_of_its_own():
    assert LANGUAGES == {"en": "English", "zh-TW": "繁體中文"}


@pytest.mark.parametrize(("number", "expected"), [(0x0404, "zh-TW"), (0x0C04, "zh-TW"), (0x0804, "en"), (0x0409, "en")])
def test_windows_is_asked_where_no_variable_tells(monkeypatch, number, expected):
    kernel = SimpleNamespace(GetUserDefaultUILanguage=lambda: number)
    monkeypatch.setattr(os, "name", "nt")
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)

    assert find_system_language({}) == expected
    assert find_system_language({"LANG": "de_DE"}) == "en"
