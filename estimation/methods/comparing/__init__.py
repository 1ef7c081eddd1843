"""Methods of a task trained side by side, measured by one table, and shown on one page."""
