"""The page where reports are marked: a submission to the left, its marks to the right, the next one a key away.

::

    page.js   ->  handlers.py    the paths; door.py: who may come in; reading.py and saving.py: what is asked;
                     |           desk.py and pages.py: what is shown
                  book.py        marks go into nbgrader's gradebook, and nobody's are lost; bank.py, claims.py, queue.py
                     |
                  sheet.py       what is given for a part, and how it adds up: records, no database
                  tables.py      what nbgrader's tables have no room for, beside them in the same database

nbgrader's tables hold the points and the comments, as if they had been given in its formgrader; what is here tells how
they came about. Where the two do not agree, somebody used the formgrader, and nbgrader's are right.
"""
