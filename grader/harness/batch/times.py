"""Read times as Moodle writes them, in English and in Chinese: what is not certain is no time."""

import re
import unicodedata
from datetime import datetime

_MAX_CHARACTERS = 100

_CHINESE = re.compile(
    r"(?:(?:星期|週|周)[一二三四五六日天][ ,]*)?([0-9]{4}) ?年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?日"
    r"[ ,(]*(?:(?:星期|週|周)?[一二三四五六日天])?[ ,)]*"
    r"(上午|下午|AM|PM)? ?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))? ?(上午|下午|AM|PM)?",
    re.IGNORECASE,
)


def parse_time(text: str) -> datetime | None:
    """Read a time.

    Parameters
    ----------
    text : str
        ``"Tuesday, 21 October 2025, 11:59 PM"``, ``"2025年10月21日 星期二 23:59"``, or by ISO 8601.

    Returns
    -------
    time : datetime or None
        Without a zone, which is left out where there is one: worksheets have the course's local time. None when the
        text is no time, lacks a part of the date, or can be read in two ways, as ``03/04/2025`` can.
    """
    text = " ".join(text.split())[:_MAX_CHARACTERS]
    if match := _CHINESE.fullmatch(unicodedata.normalize("NFKC", text)):  # brackets and colons may be wide
        return _read_chinese(match)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return _read_words(text)


def _read_chinese(match: re.Match[str]) -> datetime | None:
    year, month, day, before, hour, minute, second, after = match.groups(default="")
    half = (before or after).upper()
    hours = int(hour) % 12 + 12 * (half in {"下午", "PM"}) if half else int(hour)
    try:
        return datetime(int(year), int(month), int(day), hours, int(minute), int(second or 0))  # noqa: DTZ001 - local
    except ValueError:
        return None


def _read_words(text: str) -> datetime | None:
    """Read a time by dateutil, which fills in what is missing and guesses which number is the day: neither may be."""
    from dateutil import parser  # grading one submission needs no worksheet

    readings = set()
    for is_day_first, default in [(True, datetime(2000, 1, 1, 1, 1)), (False, datetime(2001, 2, 2, 2, 2))]:  # noqa: DTZ001
        try:
            readings.add(parser.parse(text, default=default, dayfirst=is_day_first, ignoretz=True))
        except (ValueError, OverflowError):
            return None
    return readings.pop() if len(readings) == 1 else None
