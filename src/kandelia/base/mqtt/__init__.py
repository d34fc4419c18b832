"""MQTT 3.1.1 and 5 as bytes and packets, without any I/O: what a client and a listener share.

Sources: OASIS MQTT Version 3.1.1 (2014) and MQTT Version 5.0 (2019); a section number below is that of 5.0 unless
another is named.
"""
