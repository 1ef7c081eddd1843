"""What can go wrong, and whose fault it is.

::

    GraderError
    ├── UsageError          the command asks for what there is not; told to whoever typed it
    ├── SubmissionError     the student can fix it: shown to the student, costs points, never stops the grader
    ├── SandboxError        ours: no mark is given, the staff are told, the next submission goes on
    │   ├── HostUnfit         a protection that was asked for is not to be had on this machine
    │   ├── HostBusy          the machine had no time to run the submission; it has when it does nothing else
    │   └── ProtocolBroken    the child's side of the sandbox said something that it never says
    ├── RubricError         ours: the rubric or the cases do not fit together; found before a student's code runs
    ├── WorksheetError      the TA can fix it: the worksheet is not Moodle's, or not that of this assignment
    └── ExportError         the TA can fix it: there is no place for what is to be written

What a student's code does wrong while it runs is no exception here but a value: see `grader.harness.results.Verdict`.
"""

STOPPED = "Stopped by Ctrl-C: the code that was running has been ended, and nothing is left half written."
"""What every command says to whoever stops it; the demo says the same."""


class GraderError(Exception):
    """The root of all errors that the grader raises on purpose."""


class UsageError(GraderError):
    """The command asks for what there is not; the message is for whoever typed it."""


class SubmissionError(GraderError):
    """The file that was handed in cannot be graded, and its author can fix it."""


class SandboxError(GraderError):
    """The sandbox cannot do its work; nothing is said about the submission."""


class HostUnfit(SandboxError):  # noqa: N818 - names the state of the machine
    """The machine lacks a protection that was asked for."""


class HostBusy(SandboxError):  # noqa: N818 - names the state of the machine
    """The machine had so much other work that nothing can be said about the submission: try again when it has less."""


class ProtocolBroken(SandboxError):  # noqa: N818 - names what happened
    """A message between the grader and its child broke the rules, and not by the student's hand."""


class RubricError(GraderError):
    """The rubric, the checks and the cases do not fit together."""


class WorksheetError(GraderError):
    """The worksheet is not one that Moodle gave for this assignment; the message is for the staff."""


class ExportError(GraderError):
    """What was asked for cannot be written; the message is for the staff."""
