"""Makes the recorded cases: `python -m grader cases --lab maps`. Nothing that grades imports it, shrinking aside."""
