#!/usr/bin/env python3
"""Writes tests/unit/half_hashes.h: what others make of a list of fp32 numbers, for the unit tests: PyTorch of fp16 and bf16,
whole numbers and fractions of cb16, of which no library is at hand.

    /usr/bin/python3 tests/judge/half_hashes.py > tests/unit/half_hashes.h

Needs Debian's python3-torch, which is no dependency of Weft: so the hashes are kept. CONTRIBUTING.md says when to run it.
"""
from fractions import Fraction

import numpy
import torch

COUNT = 1 << 18


def inputs():
    """fp32 bits, no NaN: any; ties of each format; near the ends of the ranges."""
    state, numbers = 1, []
    while len(numbers) < COUNT:
        state = (state * 1664525 + 1013904223) % 2**32
        bits = state
        if len(numbers) % 3 == 1:  # few bits are set behind a half's
            bits &= 0xfffff000
        if len(numbers) % 3 == 2:  # sizes of 2^-42 to 2^35
            bits = bits & 0x807fffff | (85 + (bits >> 23 & 0xff) % 78) << 23
        if bits & 0x7fffffff <= 0x7f800000:
            numbers.append(bits)
    return numbers


def fnv(halves):
    value = 2166136261
    for half in halves:
        for byte in (half & 0xff, half >> 8):
            value = (value ^ byte) * 16777619 % 2**32
    return value


def of_torch(numbers, kind):
    values = torch.from_numpy(numpy.array(numbers, dtype=numpy.uint32).view(numpy.float32).copy())
    return [half & 0xffff for half in values.to(kind).view(torch.int16).tolist()]


def of_fractions(numbers, exponent_bits):
    """Round to nearest even by Python's own, in steps of a number's last place."""
    fraction_bits, bias = 15 - exponent_bits, 2**(exponent_bits - 1) - 1
    infinity = (2**exponent_bits - 1) << fraction_bits
    halves = []
    for bits in numbers:
        sign, field, part = bits >> 31 << 15, bits >> 23 & 0xff, bits & 0x7fffff
        if field == 0xff:
            halves.append(sign | infinity)
            continue
        significand, power = (part, -149) if field == 0 else (part | 1 << 23, field - 150)
        exponent = max(power + significand.bit_length() - 1, 1 - bias)
        steps = round(Fraction(significand) * Fraction(2)**(power - exponent + fraction_bits))
        # The leading one counts the exponent on, and so does a carry.
        halves.append(sign | min(infinity, ((exponent + bias - 1) << fraction_bits) + steps))
    return halves


def main():
    numbers = inputs()
    by_torch = {"fp16": of_torch(numbers, torch.float16), "bf16": of_torch(numbers, torch.bfloat16)}
    for name, bits in ("fp16", 5), ("bf16", 8):
        assert by_torch[name] == of_fractions(numbers, bits), name
    print("#pragma once\n// Written by tests/judge/half_hashes.py; PyTorch", torch.__version__.split("+")[0])
    print("#include <cstdint>\n\n#include \"tlm/base/half.h\"\n\nnamespace weft {\n")
    print(f"/// FNV-1a of the halves that {COUNT} fp32 numbers become, low byte first.")
    print(f"inline constexpr int hashed_numbers = {COUNT};")
    print("struct HalfHash {\n  HalfFormat format;\n  std::uint32_t hash;\n};\ninline constexpr HalfHash half_hashes[] = {")
    for name, halves in *by_torch.items(), ("cb16", of_fractions(numbers, 6)):
        print(f"    {{HalfFormat::{name}, {fnv(halves):#010x}}},")
    print("};\n\n}  // namespace weft")


if __name__ == "__main__":
    main()
