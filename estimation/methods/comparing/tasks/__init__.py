"""The tasks that methods can be compared in; each file has a `TASK`."""
