"""A whole class: from Moodle's archive to results, a gradebook, feedback and grades."""
