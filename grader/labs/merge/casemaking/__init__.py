"""Makes the recorded cases: `python -m grader cases`. Nothing that grades a submission imports it, shrinking aside."""
