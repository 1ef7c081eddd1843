import pytest

from grader.harness.intake.encodings import decode_chinese


@pytest.mark.parametrize("text", ["王小明許功蓋", "合併骨架然後刪除分數太低的人", "實驗報告", "merge 函數"])
def test_big5_is_read_as_big5(text):
    assert decode_chinese(text.encode("cp950")) == text


@pytest.mark.parametrize("text", ["王小明的作业", "合并骨架然后删除分数太低的人", "实验报告", "merge 函数", "合并骨架"])
def test_gbk_is_read_as_gbk(text):
    assert decode_chinese(text.encode("gbk")) == text


def test_latin_letters_are_neither():
    assert decode_chinese(b"caf\xe9\n") is None
