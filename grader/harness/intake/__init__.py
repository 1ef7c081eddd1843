"""Intake, step by step: `archive` reads a hostile zip, `contents` finds what counts in it, `source` looks at the code.

`code` finds the code, `beside` what it may import, `environments` what is nobody's own, and `formats` code that was
saved as something else. `names` makes any name fit to be shown, `encodings` tells Big5 from GBK, and `problems` holds
all that is said about a file that does not fit. `grader.harness.submission` puts the steps together.
"""
