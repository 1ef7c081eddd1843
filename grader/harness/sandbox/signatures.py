"""Whether a function of the student's takes the parameters of the template; in the child, after an exception."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LENGTH = 200


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
