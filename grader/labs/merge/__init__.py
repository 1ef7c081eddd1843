"""Lab 3: the grouping of limbs into people, its checks, its cases, and how its failures are shown."""
