"""One file a command, loaded when it is asked for: the server needs no Parquet, the switches need neither."""
