"""The address of a portal's REST interface: its form, its methods' URLs, and when it has moved.

Pure. An endpoint is a URL that ends in a slash, `https://acme.bitrix24.com/rest/`, or a webhook's
`https://acme.bitrix24.com/rest/1/code/`, which is a secret.
"""

import ipaddress
import re
from urllib.parse import SplitResult, quote, quote_plus, urljoin, urlsplit

from b24provision.errors import InputError

_SCHEMES = ("http", "https")


def normalise(endpoint: str) -> str:
    """Give an endpoint with exactly one last slash, or raise InputError.

    The message does not repeat what was given: a webhook's address is a secret.
    """
    parts = _split(endpoint.strip())
    if parts is None or parts.query or parts.fragment:
        message = "The endpoint is no address: give it as https://your-portal.bitrix24.com/rest/."
        raise InputError(message)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"


def host(endpoint: str) -> str:
    """Give the host without port, for messages."""
    return urlsplit(endpoint).hostname or ""


def method_url(endpoint: str, method: str, *, request_id: str, version: str) -> str:
    """Give the URL that calls a method.

    Methods that begin with `task.` read even the query by position, so they get no telemetry.
    Source: settings/how-to-call-rest-api/data-encoding (order of parameters).
    """
    url = endpoint + quote(method, safe="")
    if method.startswith("task."):
        return url
    told = f"bx24_request_id={quote_plus(request_id)}&bx24_sdk_ver={quote_plus(version)}"
    return f"{url}?{told}&bx24_sdk_type=b24provision"


def moved(endpoint: str, requested: str, location: str) -> str | None:
    """Give the endpoint a redirect of `requested` to `location` leads to; None if it is no such move.

    Only the portal's own change of domain counts: the same path on another address, reached as `may_move`
    allows. A redirect to a login page, say, is none.
    """
    target = _split(urljoin(requested, location))
    if target is None or _path(target) != _path(urlsplit(requested)):
        return None
    found = f"{target.scheme}://{target.netloc}{urlsplit(endpoint).path}"
    return found if found != endpoint and may_move(endpoint, found) else None


def may_move(old: str, new: str) -> bool:
    """Say whether credentials for `old` may be sent to `new`, when `old` itself says so.

    Only over TLS, since anybody on the way could have written the answer otherwise, and never into or out of
    this computer. A plain HTTP endpoint may at most ask for TLS on its own host.
    """
    before, after = _split(old), _split(new)
    if before is None or after is None:
        return False
    if _is_loopback(before) or _is_loopback(after):
        return _is_loopback(before) and _is_loopback(after)
    return after.scheme == "https" and (before.scheme == "https" or before.hostname == after.hostname)


def is_loopback(url: str) -> bool:
    """Say whether a URL leads to this computer."""
    parts = _split(url)
    return parts is not None and _is_loopback(parts)


def _split(url: str) -> SplitResult | None:
    """Split an http(s) URL; None if it is none, names no host, or carries credentials for another."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    usable = usable and "@" not in parts.netloc and not re.search(r"[\s\\]", url)
    return parts if usable else None


def _path(parts: SplitResult) -> str:
    return re.sub(r"/+", "/", parts.path)


def _is_loopback(parts: SplitResult) -> bool:
    name = (parts.hostname or "").rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
