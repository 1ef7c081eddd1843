"""The grader: a stranger's `merge` in a sandbox, judged case by case, with a reason for every lost point."""
