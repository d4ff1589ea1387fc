"""Tokens that somebody else owns: a command prints the current one as JSON."""

import asyncio
import json
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

from b24provision.errors import AuthError, InputError
from b24provision.rest.tokens import Token


class CommandToken:
    """A `TokenSource` that runs a command, once at the start and once more when a token has expired.

    The command prints `{"access_token": …}`, optionally with `client_endpoint` and `member_id`. It
    neither refreshes nor stores anything: that is its owner's business.
    """

    def __init__(self, command: Sequence[str], directory: Path) -> None:
        if not command:
            raise InputError("token_command is empty: write it as a list, the program first")
        self._command = tuple(command)
        self._directory = directory
        self._token: Token | None = None

    async def current(self) -> Token:
        """Give the token the command printed, running it the first time."""
        if self._token is None:
            self._token = await self._run()
        return self._token

    async def renew(self, spent: Token) -> Token:
        """Run the command again. Raises AuthError if it prints the spent token again."""
        token = await self._run()
        if token.access_token == spent.access_token:
            raise AuthError(
                f"The token has expired and {self._command[0]} (token_command) printed the same one again. "
                "Have its owner refresh it.",
                code="expired_token",
            )
        self._token = token
        return token

    async def _run(self) -> Token:
        program = self._command[0]
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdout=PIPE, stderr=None, cwd=self._directory
            )
        except OSError as exc:
            raise InputError(f"token_command: {program} cannot be run: {exc.strerror}") from exc
        printed, _ = await process.communicate()
        if process.returncode != 0:
            raise AuthError(f"token_command: {program} ended with exit code {process.returncode}")
        return _parse(printed, program)


def _parse(printed: bytes, program: str) -> Token:
    try:
        answer = json.loads(printed)
    except ValueError as exc:
        raise InputError(f"token_command: {program} did not print JSON") from exc
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token:
        raise InputError(f'token_command: {program} must print an object with "access_token"')
    facts = {name: answer.get(name) for name in ("client_endpoint", "member_id")}
    for name, value in facts.items():
        if not isinstance(value, str | None):
            raise InputError(f'token_command: {program} must print "{name}" as text')
    return Token(access_token=token, endpoint=facts["client_endpoint"], member_id=facts["member_id"])
