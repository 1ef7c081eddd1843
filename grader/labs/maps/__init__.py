"""Lab 4: six functions around the maps of a network that finds people."""
