"""An invented electronics factory: believable physics behind a real OPC UA server. Knows nothing of who reads it."""
