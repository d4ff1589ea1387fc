"""An application's life on the portal: installed, updated, uninstalled, and the event that tells it so.

Source: settings/app-installation, common/events. Decided here: an update makes a new application token, as it may.
"""

import sqlite3
from dataclasses import dataclass

from b24provision.local.context import Application
from b24provision.local.credentials import Grant, issue_tokens, known_application
from b24provision.local.events import LANGUAGE, Event, Sender
from b24provision.local.state import PortalState

LOCAL = "L"


@dataclass(frozen=True, slots=True)
class Subject:
    """Which application is meant, by whom it is installed, and by which address the portal is known to it."""

    client_id: str
    user_id: int
    origin: str


def install(state: PortalState, subject: Subject) -> Event:
    """Install an application, or install it again: it may find storages from before. Raises `LookupError`."""
    with state.store.transaction() as db:
        application = known_application(db, subject.client_id)
        data = {
            "VERSION": str(application.version),
            "ACTIVE": "Y",
            "INSTALLED": "Y",
            "LANGUAGE_ID": LANGUAGE,
        }
        return _with_tokens(state, db, subject, "ONAPPINSTALL", data)


def update(state: PortalState, subject: Subject, version: int | None) -> Event:
    """Bring an application to a version, the next one unless told. Raises `LookupError`."""
    with state.store.transaction() as db:
        previous = known_application(db, subject.client_id).version
        version = previous + 1 if version is None else version
        db.execute("UPDATE applications SET version = ? WHERE client_id = ?", (version, subject.client_id))
        data = {"VERSION": str(version), "PREVIOUS_VERSION": str(previous), "LANGUAGE_ID": LANGUAGE}
        return _with_tokens(state, db, subject, "ONAPPUPDATE", data)


def uninstall(state: PortalState, subject: Subject, *, clean: bool) -> Event:
    """Take an application away. Its storages stay, unless it is a local one or they are to be cleaned away.

    Raises `LookupError`.
    """
    with state.store.transaction() as db:
        application = known_application(db, subject.client_id)
        clean = clean or application.status == LOCAL
        for table in ("access_tokens", "refresh_tokens", "authorization_codes"):
            db.execute(f"DELETE FROM {table} WHERE application_id = ?", (application.id,))  # noqa: S608
        if clean:
            db.execute("DELETE FROM storages WHERE application_id = ?", (application.id,))
            db.execute("UPDATE applications SET options = '{}' WHERE id = ?", (application.id,))
        db.execute("UPDATE applications SET installed = 0 WHERE id = ?", (application.id,))
        auth = Sender(subject.origin, state.member_id).identity(_application_token(db, application))
    data = {"LANGUAGE_ID": LANGUAGE, "CLEAN": "1" if clean else "0"}
    return Event("ONAPPUNINSTALL", state.clock(), data, auth)


def _with_tokens(
    state: PortalState, db: sqlite3.Connection, subject: Subject, name: str, data: dict[str, str]
) -> Event:
    """Write down that the application is installed, with new tokens, and put them into the event."""
    now, application = state.clock(), known_application(db, subject.client_id)
    db.execute(
        "UPDATE applications SET application_token = ?, installed = 1 WHERE id = ?",
        (state.secret(), application.id),
    )
    tokens = issue_tokens(db, Grant(application, subject.user_id, now), state.secret)
    sender = Sender(subject.origin, state.member_id)
    auth = sender.credentials(application, tokens, _application_token(db, application))
    return Event(name, now, data, auth)


def _application_token(db: sqlite3.Connection, application: Application) -> str:
    query = "SELECT application_token FROM applications WHERE id = ?"
    return str(db.execute(query, (application.id,)).fetchone()[0])
