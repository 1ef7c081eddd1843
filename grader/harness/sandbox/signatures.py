"""Whether a function of the student's takes the parameters of the template, or has nearly its name; in the child."""

from __future__ import annotations

import inspect
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

_LENGTH = 200
_NEAR = 0.7
_MAX_NEAR = 200


def find_other(
    function: Callable[..., Any], parameters: str, positional: Sequence[Any], keywords: Mapping[str, Any]
) -> str:
    """Say which parameters a function has, if it cannot be called as the one of the template can.

    Parameters
    ----------
    function : callable
        The student's.
    parameters : str
        As they stand in the template; empty if it says nothing of them.
    positional : sequence
        Arguments of the call that raised.
    keywords : mapping of str
        The others of them.

    Returns
    -------
    names : str
        The names of its parameters, separated by commas; an empty text if both calls fit, or if nobody can tell.
    """
    try:
        signature = inspect.signature(function)
        return "" if _fits(signature, parameters, positional, keywords) else _name(signature)
    except BaseException:  # noqa: BLE001 - whatever the student called so may lie about itself, and raise anything
        return ""


def find_near(module: Mapping[str, Any], missing: Collection[str], found: Collection[str]) -> dict[str, str]:
    """Find for functions that are missing those that may be meant: of nearly the same name.

    Parameters
    ----------
    module : mapping of str
        What the student's file has defined.
    missing, found : collection of str
        Names of functions of the template.

    Returns
    -------
    near : dict of str to str
        For a missing name the most similar one of the student's own functions, which is more similar to no other.
    """
    own = [name for name, value in list(module.items()) if isinstance(value, types.FunctionType) and name not in found]
    if not missing or not own:
        return {}
    import difflib  # takes a moment, and few need it

    def similarity(name: str, other: str) -> float:
        plain = [each.replace("_", "").lower() for each in (name, other)]
        return difflib.SequenceMatcher(None, plain[0], plain[1]).ratio()

    meant = {name: max(missing, key=lambda wanted: similarity(wanted, name)) for name in own[:_MAX_NEAR]}
    near: dict[str, str] = {}
    for wanted in missing:
        rated = sorted((similarity(wanted, name), name) for name, its in meant.items() if its == wanted)
        if rated and rated[-1][0] >= _NEAR:
            near[wanted] = rated[-1][1][:_LENGTH]
    return near


def _fits(
    signature: inspect.Signature, parameters: str, positional: Sequence[Any], keywords: Mapping[str, Any]
) -> bool:
    try:
        signature.bind(*positional, **keywords)
        if parameters:  # an extra parameter in front takes up another one's argument unnoticed
            signature.bind(*_required(parameters))
    except TypeError:
        return False
    return True


def _name(signature: inspect.Signature) -> str:
    return ", ".join(signature.parameters)[:_LENGTH] or "no parameters"


def _required(parameters: str) -> list[None]:
    """List a value for each parameter of the template that has no default, up to those that go by name alone."""
    scope: dict[str, Any] = {}
    exec(f"def template({parameters}): pass", scope)  # noqa: S102 - the grader's own words
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    every = inspect.signature(scope["template"]).parameters.values()
    return [None for each in every if each.default is inspect.Parameter.empty and each.kind in positional]
