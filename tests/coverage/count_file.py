"""A .gcda file, in which a program leaves how often each arc of its functions ran: read, added up and written. gcov-tool
merges, too, but GCC 12's stops where a program was killed while it wrote one."""
import struct

MAGIC, FUNCTION, ARCS, SUMMARY = b"adcg", 0x01000000, 0x01A10000, 0xA1000000
HEADER_BYTES = 16  # magic, version, stamp of the notes, checksum


class Damaged(Exception):
    """Not a whole file of counts."""


class CountFile:
    def __init__(self, data):
        """`functions`: {ident and checksums: counts of the arcs}. `summary`: of the last run, which gcov asks for."""
        if data[:4] != MAGIC or len(data) < HEADER_BYTES:
            raise Damaged("no counts")
        self.header, self.functions, self.summary = data[:HEADER_BYTES], {}, bytes(8)
        at, key = HEADER_BYTES, None
        try:
            while at + 8 <= len(data):
                tag, length = struct.unpack_from("<Ii", data, at)
                at += 8
                if tag == 0:
                    break
                if tag == SUMMARY:
                    self.summary = data[at:at + length]
                elif tag == FUNCTION:
                    key = struct.unpack_from("<III", data, at) if length else None  # no length: no function was kept here
                elif tag == ARCS:
                    number = abs(length) // 8  # a negative length: all are zero, and none is written
                    self.functions[key] = list(struct.unpack_from(f"<{number}q", data, at)) if length > 0 else [0] * number
                at += max(0, length)
        except struct.error as error:
            raise Damaged(str(error)) from error

    def add(self, other):
        """The counts of another run of the same object."""
        if other.header != self.header:
            raise Damaged("of another build")
        for key, counts in other.functions.items():
            mine = self.functions.setdefault(key, [0] * len(counts))
            self.functions[key] = [a + b for a, b in zip(mine, counts)]

    def data(self):
        parts = [self.header, struct.pack("<Ii", SUMMARY, len(self.summary)), self.summary]
        for key, counts in self.functions.items():
            parts.append(struct.pack("<IiIII", FUNCTION, 12, *key))
            parts.append(struct.pack(f"<Ii{len(counts)}q", ARCS, 8 * len(counts), *counts))
        return b"".join(parts) + struct.pack("<I", 0)
