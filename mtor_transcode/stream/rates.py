# SPDX-License-Identifier: Apache-2.0
"""How much one client may ask for: token buckets by address, bounded in number."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

_ADDRESSES: Final = 4096
"""Addresses remembered; of more, those heard of longest ago are forgotten, and begin anew."""


@dataclass
class Bucket:
    """Fills at ``rate`` a second up to ``most``; each ``take`` empties it by one or what is said."""

    rate: float
    most: float
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._level = self.most
        self._at = self.clock()

    def take(self, amount: float = 1.0) -> bool:
        """Takes ``amount`` if it is there, and tells whether it was."""
        now = self.clock()
        self._level = min(self.most, self._level + (now - self._at) * self.rate)
        self._at = now
        if self._level < amount:
            return False
        self._level -= amount
        return True


class Addresses:
    """A bucket for each address that asks; one IPv6 network of 64 bits counts as one address."""

    def __init__(self, rate: float, most: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._most, self._clock = rate, most, clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, address: str) -> bool:
        """Whether the address may ask once more now."""
        key = network_of(address)
        bucket = self._buckets.pop(key, None) or Bucket(self._rate, self._most, self._clock)
        self._buckets[key] = bucket
        while len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket.take()


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the first 64 bits of an IPv6 address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)
