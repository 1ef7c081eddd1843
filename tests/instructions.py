"""What instructions for students say in every language."""

import re


def outline(text):
    """Take from instructions what is the same in every language: headings, commands, code, tables, numbers."""
    prose = re.sub(r"```\n.*?```", "", text, flags=re.DOTALL)
    bare = re.sub(r"`[^`]*`", "", prose)
    return {
        "headings": [len(level) for level in re.findall(r"^(#+) ", prose, re.MULTILINE)],
        "commands": re.findall(r"```\n(.*?)```", text, re.DOTALL),
        "tables": [line.count("|") for line in prose.splitlines() if line.startswith("|")],
        "rows": re.findall(r"^\| (`[^`]+`) \|", prose, re.MULTILINE),
        "items": len(re.findall(r"^- ", prose, re.MULTILINE)),
        "code": sorted(re.findall(r"`[^`]+`", prose)),
        "numbers": sorted(re.findall(r"[0-9]+(?:\.[0-9]+)?", bare)),
        "paragraphs": len(re.findall(r"\n\n", prose)),
    }
