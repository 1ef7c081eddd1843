"""A lab of one function, to see that the harness grades any."""

from grader.harness.lab import Handout, Lab
from grader.harness.sandbox.program import Function, Program

LAB = Lab(
    module=__name__,
    name="toy",
    title="Toy lab 9",
    tag="Lab9",
    program=Program("toy.py", (Function("double", "values"),)),
    handout=Handout("Toy", (f"{__name__.rpartition('.')[0].replace('.', '/')}/**/*",)),
)
