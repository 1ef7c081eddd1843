"""Modules that start TensorFlow when a test first uses them: collecting the tests starts nothing."""

from estimation.backend import import_quietly


class Late:
    """Stands for a module, also where `monkeypatch` changes it."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def __getattr__(self, attribute: str) -> object:
        if attribute == "_mock_name" or attribute.startswith("__"):  # What pytest asks of all that a test module holds.
            raise AttributeError(attribute)
        return getattr(import_quietly(self._name), attribute)

    def __setattr__(self, attribute: str, value: object) -> None:
        setattr(import_quietly(self._name), attribute, value)

    @property
    def __dict__(self) -> dict[str, object]:
        return vars(import_quietly(self._name))
