"""The catalogues of students' sentences: each has its translation, which says the same with the same values."""

import ast
import gettext
import re

import pytest
from babel.messages.mofile import write_mo

from grader.harness.languages import PLACE
from tests.catalogues import DOMAINS, KEYWORDS, REPOSITORY, TRANSLATED, Domain, read_catalogue, update

BOTH = pytest.mark.parametrize("language", TRANSLATED)
EACH = pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
TERMS = (REPOSITORY / "grader" / "TERMS.md").read_text(encoding="utf-8")

FROM_TABLES = {"problems.py", "raised.py", "returned.py", "comments.py", "wording.py"}
"""Modules that keep patterns in tables, which are marked or listed, and fill them in elsewhere."""


def messages(domain, language):
    """Go through a .po file: the id, which is two texts where something is counted, and its translations."""
    for entry in read_catalogue(domain.path(language)):
        if entry.id:
            yield entry.id, [entry.string] if isinstance(entry.string, str) else list(entry.string)


@BOTH
@EACH
def test_every_sentence_is_translated(domain, language):
    missing = [message for message, told in messages(domain, language) if not all(told)]

    assert not missing, "translate these: see grader/TERMS.md"


@BOTH
@EACH
def test_catalogue_holds_what_the_code_says_and_nothing_else(domain, language):
    kept = {message for message, _ in messages(domain, language)}

    assert kept == set(domain.find_messages()), "run: python -m tests.catalogues"


@BOTH
@EACH
def test_catalogue_has_nothing_doubtful_and_nothing_that_is_no_more(domain, language):
    catalogue = read_catalogue(domain.path(language))

    assert not [entry.id for entry in catalogue if entry.fuzzy]
    assert not catalogue.obsolete


@BOTH
@EACH
def test_translation_has_the_values_of_its_sentence(domain, language):
    for message, told in messages(domain, language):
        wanted = set(PLACE.findall(message if isinstance(message, str) else message[1]))
        for text in told:
            # What is counted once need not name the number; all else is told.
            assert set(PLACE.findall(text)) | {"n"} == wanted | {"n"}, message
            assert not re.search(r"[{}]", PLACE.sub("", text)), message


@BOTH
@EACH
def test_compiled_catalogue_is_that_of_the_text(domain, language, tmp_path):
    anew = tmp_path / "anew.mo"
    with anew.open("wb") as file:
        write_mo(file, read_catalogue(domain.path(language)))

    def read(path):
        with path.open("rb") as file:  # without the header, in which Babel names its version
            return {key: text for key, text in gettext.GNUTranslations(file)._catalog.items() if key}

    assert read(domain.path(language, "mo")) == read(anew), "run: python -m tests.catalogues"


@BOTH
def test_a_sentence_is_told_the_same_in_all_catalogues(language):
    told: dict = {}
    for domain in DOMAINS:
        for message, texts in messages(domain, language):
            assert told.setdefault(message, texts) == texts, message


def test_update_keeps_translations_and_drops_what_is_no_more(tmp_path):
    (tmp_path / "code.py").write_text('said("kept {a}")\nsaid("new")\ncounted("{n} row", "{n} rows", 2)\n')

    class Small(Domain):
        def _in_sources(self):
            yield from (("kept {a}", "code.py"), ("new", "code.py"), (("{n} row", "{n} rows"), "code.py"))

    small = Small("small", tmp_path, ())
    update(small, "zh-TW")
    path = small.path("zh-TW")
    path.write_text(path.read_text().replace('msgid "kept {a}"\nmsgstr ""', 'msgid "kept {a}"\nmsgstr "留 {a}"'))
    path.write_text(path.read_text() + '\nmsgid "gone"\nmsgstr "沒"\n')

    update(small, "zh-TW")

    kept = dict(messages(small, "zh-TW"))
    assert kept == {"kept {a}": ["留 {a}"], "new": [""], ("{n} row", "{n} rows"): [""]}
    assert small.path("zh-TW", "mo").is_file()


def calls(path):
    """List the calls of a module that make sentences."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
            yield node


@pytest.mark.parametrize("path", sorted((REPOSITORY / "grader").rglob("*.py")), ids=lambda path: path.stem)
def test_patterns_stand_where_they_are_said(path):
    # In a variable, or with a value filled in already, no catalogue would have the sentence.
    is_table = path.name in FROM_TABLES or path.name == "languages.py"
    texts = [(node, node.args[: 2 if node.func.id == "counted" else 1]) for node in calls(path)]
    wrong = [node.lineno for node, args in texts if not all(isinstance(one, ast.Constant) for one in args)]

    assert is_table or not wrong


def hard_terms():
    """List the words of the table that a translation always uses: English, Chinese."""
    for line in TERMS.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[3] == "always":
            words, told = cells[0].split(", "), cells[1].split("、")
            yield from zip(words, told * len(words) if len(told) == 1 else told, strict=True)


HARD_TERMS = list(hard_terms())


def test_table_of_terms_has_words_that_are_always_used():
    assert ("keypoint", "關鍵點") in HARD_TERMS
    assert ("people", "人") in HARD_TERMS
    assert len(HARD_TERMS) > 20


@pytest.mark.parametrize(("word", "chinese"), HARD_TERMS, ids=[word for word, _ in HARD_TERMS])
def test_term_is_the_one_of_the_table(word, chinese):
    # Not inside of code, of a name or of a value's name.
    stands = re.compile(rf"(?<![\w/.(-]){word}s?(?![\w(/=-])", re.IGNORECASE)
    for domain in DOMAINS:
        for message, told in messages(domain, "zh-TW"):
            text = message if isinstance(message, str) else message[0]
            bare = PLACE.sub("", re.sub(r"`[^`]*`|\(\w+(, \w+)+\)", "", text))
            assert not stands.search(bare) or any(one in told[0] for one in chinese.split("/")), text
