"""Where a submission runs: a process that holds Python, NumPy and the student's file, and nothing else."""
