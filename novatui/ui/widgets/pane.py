"""A part of a screen with widgets in it, side by side or one below the other, and nothing else."""

from __future__ import annotations

from textual.widget import Widget


class Pane(Widget, inherit_css=False):
    """Textual's own containers bring thirty styles each, which the first frame would have to work out."""

    DEFAULT_CSS = """
    Pane { width: 1fr; height: 1fr; layout: vertical; overflow: hidden hidden; }
    """
