"""The models stand in `records`; Django asks for this module when tests make tables without migrations."""
