"""The public door for apps: how a room declares itself."""

from kandelia.surfaces.web.declarations import App, NavigationEntry, SearchHit

__all__ = ["App", "NavigationEntry", "SearchHit"]
