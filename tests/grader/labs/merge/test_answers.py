"""What `estimation.answers` says is recognised word by word, so that students read it in their language."""

import numpy as np
import pytest

from estimation import answers
from estimation.config import ABSENT, ROW_LENGTH
from grader.harness.languages import Said, speaking, tell
from grader.labs.merge.answers import ROW_ADVICE, SHAPE, say_again
from grader.labs.merge.lab import LAB

PERSON = np.full((1, ROW_LENGTH), 1.0)
WRONG = {
    "shape": np.zeros((3, 18)),
    "number": np.array(0.1),
    "infinite": np.where(PERSON, np.inf, 0),
    "empty": np.full((2, ROW_LENGTH), float(ABSENT)),
    "many": np.repeat(PERSON, 5, axis=0),
}


@pytest.mark.parametrize("name", WRONG)
def test_sentences_of_the_check_are_recognised(name):
    with pytest.raises(answers.AnswerError) as raised:
        answers.check_people(WRONG[name], 4)
    wrong = raised.value

    for words in (wrong.required, wrong.got, wrong.advice):
        assert say_again(words) == words
        assert isinstance(say_again(words), Said)


def test_what_the_lab_asks_for_is_what_is_checked():
    assert (SHAPE, ROW_ADVICE) == (answers.SHAPE, answers.ROW_ADVICE)


@pytest.mark.parametrize("words", ["", "something else", "There cannot be more people than rows, here many"])
def test_other_words_are_given_back(words):
    assert say_again(words) == words
    assert not isinstance(say_again(words), Said)


def test_sentence_is_told_in_chinese():
    with speaking("zh-TW", LAB.folder):
        assert tell(say_again(f"merge() must return {answers.SHAPE}")) == "merge() 必須回傳形狀為 (n_people, 20) 的陣列"
        assert tell(say_again("There cannot be more people than rows, here 4")) == "人數不可以比列數多，這裡是 4"
