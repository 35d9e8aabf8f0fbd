"""How much is fetched: bytes, seconds, hops and tries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one client; sizes in bytes, times in seconds."""

    wire_bytes: int = 20_000_000
    """Of one body as it comes over the wire."""
    body_bytes: int = 50_000_000
    """Of one body after decompression: a site map may have as many."""
    host_bytes: int = 1_000_000_000
    """Of one host in one run, as they come over the wire."""
    run_bytes: int = 5_000_000_000
    """Of one run."""
    total_seconds: float = 60.0
    """For one answer, from the connection to the last byte."""
    read_seconds: float = 15.0
    """Without a byte."""
    connect_seconds: float = 10.0
    redirects: int = 5
    tries: int = 3
    """Of one address, where the host does not answer or asks to wait."""
    delay_seconds: float = 1.0
    """Between two requests to one host; its robots.txt may ask for more."""
    max_delay_seconds: float = 60.0
    """What is waited at most, whatever a server asks for; where it asks for more it is left alone."""
    dead_after: int = 2
    """Addresses of one host in a row that got no answer in all tries, after which it is not asked."""
    dead_after_busy: int = 5
    """The same for addresses that got no other answer than that the server is busy or broken."""
    dead_seconds: float = 600.0
    """For so long."""
