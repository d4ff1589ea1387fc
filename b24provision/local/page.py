"""The frame of every page: its style, its headers, and that nothing of it runs.

No script, no style but the portal's own, no frame around it, no form that leads elsewhere.
"""

from starlette.responses import HTMLResponse, Response

from b24provision.local.html import Node, link, render, tag

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
STYLE = """\
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 0 1.5rem 4rem; }
nav { display: flex; gap: 1.5rem; padding: 1rem 0; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
td { overflow-wrap: anywhere; } th { font-weight: 600; white-space: nowrap; }
pre { background: var(--soft); padding: .5rem .75rem; margin: .25rem 0; white-space: pre-wrap; }
code, pre { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
img { max-width: 16rem; max-height: 16rem; } .refused { color: #c33; } .soft { opacity: .7; }
form { margin: 1rem 0; } button, input { font: inherit; padding: .3rem .75rem; }
"""


def page(title: str, *children: Node, status: int = 200) -> Response:
    """A whole page."""
    document = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", f"{title} · local portal"),
            tag("link", rel="stylesheet", href="/style.css"),
        ),
        tag("body", _navigation(), tag("main", tag("h1", title), children)),
        lang="en",
    )
    return HTMLResponse("<!doctype html>" + render(document), status_code=status, headers=HEADERS)


def _navigation() -> Node:
    return tag("nav", link("/", "Storages"), link("/calls", "Calls"), link("/state", "Export and import"))


def style() -> Response:
    return Response(STYLE, media_type="text/css", headers=HEADERS)
