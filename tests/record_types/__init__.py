"""An app room of the tests' own: a tender (Exchange) and a question (Case), each one file."""
