"""Small key-values of the application on this portal: `app.option.get`, `app.option.set`.

Source: common/settings. They are kept as one array. Here a set runs in one transaction; on the portal two at
once can lose one.
"""

import json
from collections.abc import Mapping
from typing import Any

from b24provision.local import php
from b24provision.local.answers import access_denied
from b24provision.local.context import Context


def get(context: Context, params: Mapping[str, Any]) -> Any:
    """Tell one option, "" for an unknown one, or all."""
    options = _options(context)
    if params.get("OPTION") is None:
        return php.json_array(options)
    return options.get(php.text(params["OPTION"]), "")


def set_(context: Context, params: Mapping[str, Any]) -> bool:
    application = context.application
    if not context.user.admin:
        raise access_denied("Access denied! Administrator permissions required")
    options = _options(context) | dict(php.pairs(params.get("OPTIONS")))
    text = json.dumps(options, ensure_ascii=False)
    context.db.execute("UPDATE applications SET options = ? WHERE id = ?", (text, application.id))
    return True


def _options(context: Context) -> dict[str, Any]:
    query = "SELECT options FROM applications WHERE id = ?"
    (text,) = context.db.execute(query, (context.application.id,)).fetchone()
    return dict(json.loads(text))
