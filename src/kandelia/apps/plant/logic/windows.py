"""The windows of time that trends offer; the same names stand in addresses (islands/trend_parts.js)."""

WINDOWS = ("15m", "1h", "8h", "1d", "7d", "30d")
EARLIER = ("", "1d", "7d")
