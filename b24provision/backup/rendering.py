"""What a backup came to, as text, JSON and Markdown. Plans and reports of a restore are rendered like any other."""

import json

import b24provision
from b24provision.backup.backing_up import Summary
from b24provision.render.json import FORMAT_VERSION
from b24provision.render.words import portal_line


def text(made: Summary) -> str:
    """Render for a terminal; the last line says what it came to."""
    return f"{portal_line(made.portal)}\n\n  {made.path}\n\n{_line(made)}\n"


def markdown(made: Summary) -> str:
    """Render for a build summary."""
    return f"**{portal_line(made.portal)}**\n\n- `{made.path}`\n\n**{_line(made)}**\n"


def document(made: Summary) -> str:
    """Render for programs: one JSON object."""
    target = made.portal
    facts = {
        "format_version": FORMAT_VERSION,
        "tool_version": b24provision.__version__,
        "target": {
            "name": target.target,
            "host": target.host,
            "member_id": target.member_id,
            "user_id": target.user_id,
        },
        "archive": str(made.path),
        "storages": made.storages,
        "sections": made.sections,
        "items": made.items,
        "files": made.files,
        "bytes": made.bytes,
    }
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


RENDERERS = {"text": text, "json": document, "markdown": markdown}


def _line(made: Summary) -> str:
    return (
        f"Backup complete! {made.storages} storages, {made.sections} sections, {made.items} items, "
        f"{made.files} files, {made.bytes} bytes."
    )
