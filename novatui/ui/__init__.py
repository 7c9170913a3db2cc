"""The Textual application. Textual, rich and plotext are imported only below this package."""
