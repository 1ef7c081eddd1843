"""Methods that say how many people there are, and where."""
