"""Drawn people and scenes, the makings of `estimation.training.scenes`."""
