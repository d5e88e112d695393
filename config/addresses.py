"""Whether a provider's base URL is this machine (the sandbox) or the world (a provider), with no doubtful forms."""

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit


def sandbox_address_problem(url: str) -> str | None:
    """Why a rehearsal may not use this base URL; None when it is certainly this machine."""
    parts = _plain(url)
    if parts is None:
        return "must be a plain address such as http://127.0.0.1:8025"
    host = parts.hostname or ""
    address = _literal(host)
    if host != "localhost" and not (address and address.is_loopback):
        return "sandbox mode only talks to this machine: use an address such as http://127.0.0.1:8025"
    return None


def live_address_problem(url: str) -> str | None:
    """Why real messages may not go to (or name) this URL; None when it is a public https address."""
    parts = _plain(url)
    if parts is None or parts.scheme != "https":
        return "must be a plain address that begins with https://"
    host = (parts.hostname or "").rstrip(".")
    address = _literal(host)
    local = address is not None and (address.is_loopback or address.is_unspecified or address.is_link_local)
    if local or host == "localhost" or host.endswith(".localhost"):
        return "live mode refuses this machine: that is where a sandbox runs"
    return None


def _plain(url: str) -> SplitResult | None:
    """The parts of a URL that every client reads the same way: no user, no backslash, no white space."""
    if any(character in url for character in "\\@") or any(character.isspace() for character in url):
        return None
    try:
        parts = urlsplit(url)
        readable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if readable else None


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The numeric address that a host is, also in the old forms such as `127.1`; None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _old_form(host)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _old_form(host: str) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None
