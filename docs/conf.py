"""How the pages are built (`make docs`); they read as plain Markdown too."""

import re

project = "assistants-conformance"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "assistants-conformance"
html_show_copyright = False
html_copy_source = False
myst_heading_anchors = 3
"""Headings have the anchors that code hosts give them: requirements.md#run-state-01."""


def setup(app):
    """Name files outside of docs/ by their place in the checkout: a built page has nothing there to link to."""
    outside = re.compile(r"\[([^\]]+)\]\(\.\./([^)#]+)[^)]*\)")

    def named(match):
        text, path = match.groups()
        return f"`{path}`" if text == path else f"{text} (`{path}`)"

    app.connect("source-read", lambda _, __, source: source.__setitem__(0, outside.sub(named, source[0])))
