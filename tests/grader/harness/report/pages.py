"""Read a page back: its tags, its text, and what is wrong with it."""

import re
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Reader(HTMLParser):
    """Collects tags and text, and notes every tag that does not close the one that is open."""

    def __init__(self, page):
        super().__init__()
        self.open, self.faults, self.tags, self.texts = [], [], [], []
        self.texts_of, self._ids, self._headings = {}, [], []
        self.feed(page)
        self.close()
        self.faults += self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if len({name for name, _ in attributes}) < len(attributes):
            self.faults.append(f"{tag} has an attribute twice")
        if tag not in VOID:
            self.open.append(tag)
            self._ids.append(dict(attributes).get("id"))

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")
        if self._ids:
            self._ids.pop()

    def handle_data(self, data):
        if not self.open or self.open[-1] not in {"script", "style"}:
            self.texts.append(data)
            for name in filter(None, self._ids):
                self.texts_of[name] = self.texts_of.get(name, "") + data
            if self.open and "details" in self.open:
                self._headings.append((self.open[-1], data))

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))

    def closed(self, tag):
        """List the texts of a tag that stand in a fold."""
        return [text for name, text in self._headings if name == tag]

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def luminance(color):
    """Relative luminance as WCAG 2 defines it."""
    long = color if len(color) == 7 else "#" + "".join(2 * digit for digit in color[1:])
    channels = [int(long[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
