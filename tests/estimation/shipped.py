"""The network that ships, loaded once in a process."""

import functools

from estimation.networks import Network, load_network


@functools.cache
def shipped_network() -> Network:
    return load_network("compact")
