"""NPZ files of any size that take no disk: zeros are holes."""
import io
import struct
import zlib

import numpy


def npy_header(dtype, shape):
    out = io.BytesIO()
    numpy.lib.format.write_array_header_1_0(out, {"descr": numpy.dtype(dtype).str, "fortran_order": False, "shape": shape})
    return out.getvalue()


def crc_of_zeros(count, crc):
    block = bytes(1 << 20)
    while count:
        crc = zlib.crc32(block[:count], crc)
        count -= min(count, len(block))
    return crc


def write_sparse_npz(path, zeros, **arrays):
    """`zeros` is {name: (dtype, shape)}; the other arrays are written as they are. Stored, below 4 GiB in all."""
    directory, count = b"", 0
    with open(path, "wb") as file:
        for name, value in {**zeros, **arrays}.items():
            if name in zeros:
                head = npy_header(*value)
                hole = int(numpy.prod(value[1])) * numpy.dtype(value[0]).itemsize
            else:
                out = io.BytesIO()
                numpy.lib.format.write_array(out, numpy.asarray(value), allow_pickle=False)
                head, hole = out.getvalue(), 0
            member, size = f"{name}.npy".encode(), len(head) + hole
            start = file.tell()
            padding = -(start + 30 + len(member) + 4) % 64  # elements begin at multiples of 64, as datagen has it
            extra = struct.pack("<HH", 0xFFFF, padding) + bytes(padding)
            common = struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, 33, crc_of_zeros(hole, zlib.crc32(head)), size, size,
                                 len(member), len(extra))
            file.write(b"PK\x03\x04" + common + member + extra + head)
            file.seek(hole, 1)
            directory += (b"PK\x01\x02" + struct.pack("<H", 20) + common[:-2] + struct.pack("<H", 0)
                          + struct.pack("<HHHLL", 0, 0, 0, 0, start) + member)
            count += 1
        start = file.tell()
        file.write(directory + b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, count, count, len(directory), start, 0))
