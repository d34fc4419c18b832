"""A Modbus TCP device made of Debian's libmodbus (LGPL, C), in a process of its own: PORT is its argument.

holding n holds n × 3, input n holds 65535 − n, coil n is on where n divides by 3, discrete n where n is odd, 0 … 99.
Its first line is "ready" once it serves. One client at a time.
"""

import ctypes
import ctypes.util
import sys

SIZE, ADU_MAX = 100, 260


class Mapping(ctypes.Structure):
    """modbus_mapping_t, modbus.h of 3.1."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("nb_bits", "start_bits", "nb_input_bits", "start_input_bits")),
        *((name, ctypes.c_int) for name in ("nb_in", "start_in", "nb_holding", "start_holding")),
        ("bits", ctypes.POINTER(ctypes.c_uint8)),
        ("input_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("input", ctypes.POINTER(ctypes.c_uint16)),
        ("holding", ctypes.POINTER(ctypes.c_uint16)),
    ]


def main() -> None:
    library = ctypes.CDLL("libmodbus.so.5", use_errno=True)
    library.modbus_new_tcp.restype = ctypes.c_void_p
    library.modbus_mapping_new.restype = ctypes.POINTER(Mapping)
    context = ctypes.c_void_p(library.modbus_new_tcp(b"127.0.0.1", int(sys.argv[1])))
    mapping = library.modbus_mapping_new(SIZE, SIZE, SIZE, SIZE)
    for n in range(SIZE):
        mapping.contents.bits[n] = n % 3 == 0
        mapping.contents.input_bits[n] = n % 2
        mapping.contents.input[n] = 65_535 - n
        mapping.contents.holding[n] = n * 3
    listening = ctypes.c_int(library.modbus_tcp_listen(context, 1))
    print("ready", flush=True)
    query = (ctypes.c_uint8 * ADU_MAX)()
    while True:
        library.modbus_tcp_accept(context, ctypes.byref(listening))
        while (size := library.modbus_receive(context, query)) >= 0:
            if size > 0:
                library.modbus_reply(context, query, size, mapping)
        library.modbus_close(context)


if __name__ == "__main__":
    main()
