"""The authorisation-code flow, for a person with a browser beside a terminal.

Bitrix24 sends the browser back to the application's own address, which is not ours to listen at: the
person pastes that address, or the code in it. A code lives 30 seconds, so it is exchanged at once.

Source: settings/oauth (authorisation-code flow).
"""

from urllib.parse import parse_qs, urlencode, urlsplit

from b24provision.errors import InputError
from b24provision.targets.target import Target, require_pinned


def login_address(target: Target, state: str) -> str:
    """Give the address to open in the browser. `state` comes back with the code."""
    parts = urlsplit(target.endpoint)
    query = urlencode({"client_id": target.client_id, "response_type": "code", "state": state})
    return f"{parts.scheme}://{parts.netloc}/oauth/authorize/?{query}"


def read_code(pasted: str, target: Target, state: str) -> str:
    """Take the code out of a pasted redirect address, or take it as it is.

    Raises InputError when there is none or it answers another login, StaleError when it comes from
    another portal than the target's.
    """
    text = pasted.strip()
    if not text:
        raise InputError("Nothing was pasted: paste the address the browser was sent to, or the code in it.")
    if "=" not in text and "/" not in text:
        return text
    given = parse_qs(urlsplit(text).query or text.lstrip("?"))
    if "error" in given:
        raise InputError(f"The portal refused the login: {given['error'][0]}")
    code, came_back = given.get("code", [""])[0], given.get("state", [state])[0]
    if not code:
        raise InputError("The pasted address holds no code: paste the whole address the browser was sent to.")
    if came_back != state:
        raise InputError(
            "The pasted address answers another login: open the address printed above, and try again."
        )
    if "member_id" in given:
        require_pinned(target, given["member_id"][0])
    return code
