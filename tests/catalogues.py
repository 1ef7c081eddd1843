"""The catalogues of students' sentences: which sentences there are, found anew in the code, the rubrics and the cases.

``python -m tests.catalogues`` brings each .po file up to them and compiles it; what is new has no translation yet, what
is no more is gone. ``grader/TERMS.md`` says which words to use.
"""

import ast
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from grader.harness.errors import STOPPED
from grader.harness.intake.problems import TEXTS
from grader.harness.languages import ENGLISH, LANGUAGES, leave_out_numbers

REPOSITORY = Path(__file__).resolve().parent.parent
TRANSLATED = tuple(language for language in LANGUAGES if language != ENGLISH)

KEYWORDS = {"said": None, "pattern": None, "with_markup": None, "_": None, "counted": (1, 2)}
"""Functions whose first texts are patterns; of the last one the first is the singular and the second the plural."""

_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
"""The same in every file, so that only sentences make it another one."""

Message = str | tuple[str, str]
"""A pattern; singular and plural where it counts something."""


@dataclass(frozen=True)
class Domain:
    """One catalogue in all of its languages.

    Attributes
    ----------
    name : str
        Of its files.
    folder : Path
        What it belongs to; the files are in ``locale`` below it.
    sources : tuple of str
        Patterns below the repository: code and templates.
    rubric, cases : Path or None
        Those of a lab.
    texts : tuple of str
        Patterns that stand in tables of the code.
    """

    name: str
    folder: Path
    sources: tuple[str, ...]
    rubric: Path | None = None
    cases: Path | None = None
    texts: tuple[str, ...] = ()

    def path(self, language: str, ending: str = "po") -> Path:
        """Say where the file of a language is."""
        return self.folder / "locale" / language.replace("-", "_") / "LC_MESSAGES" / f"{self.name}.{ending}"

    def find_messages(self) -> Mapping[Message, list[str]]:
        """Find all messages, and for each the files that it stands in."""
        found: dict[Message, list[str]] = {}
        for message, place in [*self._in_sources(), *self._in_rubric(), *self._in_cases(), *self._in_tables()]:
            places = found.setdefault(message, [])
            if place not in places:
                places.append(place)
        return found

    def _in_sources(self) -> Iterator[tuple[Message, str]]:
        for path in sorted({path for each in self.sources for path in REPOSITORY.glob(each)}):
            method = "jinja2.ext:babel_extract" if path.suffix == ".j2" else extract_calls
            with path.open("rb") as file:
                for _, message, _, _ in extract(method, file, KEYWORDS):
                    yield message, path.relative_to(REPOSITORY).as_posix()

    def _in_rubric(self) -> Iterator[tuple[Message, str]]:
        """List what a rubric tells students; what it tells the staff is English."""
        if self.rubric is not None:
            table = tomllib.loads(self.rubric.read_text(encoding="utf-8"))
            entries = [*table["check"], *table["manual"]]
            entries += [level for part in table["manual"] for level in part.get("level", ())]
            for entry in entries:
                for field in ("part", "title", "says"):
                    if field in entry:
                        yield entry[field], self.rubric.relative_to(REPOSITORY).as_posix()

    def _in_cases(self) -> Iterator[tuple[Message, str]]:
        """List what published cases are about, without their numbers, which are others with every seed."""
        for path in sorted(self.cases.glob("*.json")) if self.cases is not None else ():
            for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
                yield leave_out_numbers(case["says"])[0], path.relative_to(REPOSITORY).as_posix()

    def _in_tables(self) -> Iterator[tuple[Message, str]]:
        for text in self.texts:
            yield text, "(a table in the code)"


def _of_lab(folder: Path) -> Domain:
    here = folder.relative_to(REPOSITORY).as_posix()
    sources = (f"{here}/*.py", f"{here}/checks/*.py", f"{here}/*.j2")
    return Domain(folder.name, folder, sources, folder / "rubric.toml", folder / "cases" / "public")


DOMAINS = (
    Domain(
        "harness",
        REPOSITORY / "grader" / "harness",
        ("grader/*.py", "grader/harness/**/*.py", "grader/harness/report/*.j2"),
        texts=(STOPPED, *(text for texts in TEXTS.values() for text in texts)),
    ),
    *(_of_lab(path.parent) for path in sorted(REPOSITORY.glob("grader/labs/*/locale"))),
)
"""All catalogues: the harness's, and one of each lab that has a folder for it; the others are in English."""


def extract_calls(file, keywords, comment_tags, options):
    """Find the patterns in a module, as Babel asks for them; also in an f-string, where Babel itself finds none."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in keywords:
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if texts:
                yield node.lineno, node.func.id, texts[0] if len(texts) == 1 else tuple(texts), []


def read_catalogue(path: Path) -> Catalog:
    """Read a .po file."""
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def update(domain: Domain, language: str) -> Catalog:
    """Bring a .po file up to the messages that there are, and compile it."""
    path = domain.path(language)
    before = read_catalogue(path) if path.exists() else Catalog()
    catalogue = Catalog(
        locale=language.replace("-", "_"),
        project="openpose-lab",
        version="0.1.0",
        header_comment=f"# {LANGUAGES[language]}. grader/TERMS.md says which words to use.",
        creation_date=_WRITTEN,
        revision_date=_WRITTEN,
        fuzzy=False,
    )
    for message, places in domain.find_messages().items():
        known = before.get(message if isinstance(message, str) else message[0])
        string = known.string if known is not None else ""
        catalogue.add(message, string or None, locations=[(place, 0) for place in places])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=120, include_lineno=False)
    with domain.path(language, "mo").open("wb") as file:
        write_mo(file, catalogue)
    return catalogue


if __name__ == "__main__":
    for each in DOMAINS:
        for one in TRANSLATED:
            updated = update(each, one)
            missing = [entry.id for entry in updated if entry.id and not entry.string]
            print(f"{each.path(one).relative_to(REPOSITORY)}: {len(updated)} messages, {len(missing)} not translated")
