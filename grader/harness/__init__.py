"""Grades any lab: what a lab is stands in `lab`, and nothing here knows what is right in one."""
