"""What sentences were made of, as a file has it: read back whole, or refused with a sentence."""

import json
import re
from dataclasses import dataclass

import pytest

from grader.harness.languages import Said, counted, said
from grader.harness.patterns import MAX_DEPTH, list_patterns, with_patterns
from grader.harness.results import CaseResult, Explanation, Verdict, Visibility

SENTENCE = said("{rows} of {whom}", rows=counted("{n} row", "{n} rows", 2), whom=said("nobody"))
ENTRY = {"pattern": "{a}", "plural": "", "values": {"a": "x"}}


@dataclass(frozen=True)
class Farm:
    """A record with sentences at every depth."""

    name: str
    told: tuple[str, ...] = ()
    case: CaseResult | None = None


def test_sentences_are_read_back_with_all_that_they_were_made_of():
    explanation = Explanation(SENTENCE, said("got {what}", what="a fox"), "plain")
    farm = Farm("plain", (SENTENCE, said("a hen")), CaseResult("x", "", Visibility.PUBLIC, Verdict.WRONG, explanation))
    bare = Farm(
        "plain", ("2 rows of nobody", "a hen"), CaseResult("x", "", Visibility.PUBLIC, Verdict.WRONG, explanation)
    )

    patterns = json.loads(json.dumps(list_patterns(farm)))
    read = with_patterns(bare, patterns)

    assert len(patterns) == 3
    assert read == farm
    assert read.told[0].values["rows"].values == {"n": 2}
    assert isinstance(read.told[1], Said)
    assert not isinstance(read.name, Said)
    assert list_patterns(read) == patterns


def test_record_without_sentences_is_given_back():
    farm = Farm("plain")

    assert list_patterns(farm) == []
    assert with_patterns(farm, []) is farm


def test_forged_pattern_changes_no_verdict():
    case = CaseResult("x", "", Visibility.PUBLIC, Verdict.WRONG)
    forged = {"pattern": "{a}", "plural": "", "values": {"a": "wrong"}}

    assert type(with_patterns(case, [forged]).verdict) is Verdict


def deep(levels):
    entry = ENTRY
    for _ in range(levels):
        entry = {"pattern": "{a}", "plural": "", "values": {"a": entry}}
    return entry


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ({}, "Patterns of sentences must be a list; got {}"),
        (["x"], "What a sentence was made of must be a pattern and values; got 'x'"),
        ([{**ENTRY, "more": 1}], "must be a pattern and values"),
        ([{"pattern": "x", "values": {}}], "must be a pattern and values"),
        ([deep(MAX_DEPTH + 1)], "must be a pattern and values"),
        ([{**ENTRY, "pattern": 1}], "A pattern must be text with names in braces; got (1, '')"),
        ([{**ENTRY, "pattern": "{a.__class__}", "values": {}}], "names in braces; got ('{a.__class__}', '')"),
        ([{**ENTRY, "pattern": "{a!r}", "values": {}}], "names in braces"),
        ([{**ENTRY, "pattern": "{a:>99999999}", "values": {}}], "names in braces"),
        ([{**ENTRY, "pattern": "{a" * 600, "values": {}}], "names in braces"),
        ([{**ENTRY, "values": {}}], "A sentence must have a value for each name in its pattern; got {}"),
        ([{**ENTRY, "values": {"a": "x", "b": "y"}}], "a value for each name in its pattern"),
        ([{**ENTRY, "values": ["a"]}], "a value for each name in its pattern"),
        ([{**ENTRY, "values": {"a": 1.5}}], "A value must be text, a number or a sentence; got 1.5"),
        ([{**ENTRY, "values": {"a": True}}], "A value must be text, a number or a sentence; got True"),
        ([{**ENTRY, "values": {"a": None}}], "A value must be text, a number or a sentence; got None"),
        ([{**ENTRY, "values": {"a": 10**400}}], "A value must be text, a number or a sentence"),
        ([{**ENTRY, "plural": "{a}s"}], "A sentence about a number must have one; got {'a': 'x'}"),
        ([{"pattern": "{n}", "plural": "{n}s", "values": {"n": "2"}}], "A sentence about a number must have one"),
    ],
    ids=range(19),
)
def test_anything_else_is_refused(patterns, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        with_patterns(Farm("plain"), patterns)


def test_pattern_as_deep_as_may_be_is_read():
    with_patterns(Farm("plain"), [deep(MAX_DEPTH)])
