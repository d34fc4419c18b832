"""Kandelia: an open industrial-internet platform. Start at ARCHITECTURE.md."""

__version__ = "0.1.0"
