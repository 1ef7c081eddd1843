"""What whoever makes cases starts from, in any lab: which check and set they are for, and what they draw from."""

import zlib
from dataclasses import dataclass, field

import numpy as np

from grader.harness.results import Visibility


@dataclass(frozen=True)
class CaseMaker:
    """Makes the cases of one check; a lab's own maker says how a case comes from what was drawn.

    Attributes
    ----------
    check : str
        Key of the check in the rubric.
    visibility : Visibility
        Whether students get the cases.
    seed : int
        The same seed makes the same cases.
    rng : Generator
        What the family draws from: another one for each check, so that a change in one leaves the others alone.
    """

    check: str
    visibility: Visibility
    seed: int
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        """Start the generator."""
        streams = [self.seed, zlib.crc32(self.check.encode()), self.is_public]
        object.__setattr__(self, "rng", np.random.default_rng(streams))

    @property
    def is_public(self) -> bool:
        """Tell whether students get the cases."""
        return self.visibility is Visibility.PUBLIC

    def full_name(self, name: str) -> str:
        """Make a name unique within the check: public and hidden cases exercise the same."""
        return name if self.is_public else f"hidden_{name}"
