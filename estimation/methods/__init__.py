"""The methods of the lectures, each a row of stages, in the size of the papers and small enough to train in minutes."""
