"""An app for gauges: what measures is itself measured, and not later than it should be."""
