"""Numbers of 16 bits, by numpy."""
import numpy


def rounded(values, name):
    """To the nearest number of 16 bits, ties to even; of fp16 by numpy, of the others by its definition."""
    if name == "float16":
        with numpy.errstate(over="ignore"):
            return values.astype(numpy.float16).astype(numpy.float32)
    exponent, fraction = {"bfloat16": (8, 7), "cbfloat16": (6, 9)}[name]
    bias = 2 ** (exponent - 1) - 1
    wide = values.astype(numpy.float64)
    with numpy.errstate(divide="ignore", invalid="ignore"):
        power = numpy.maximum(numpy.floor(numpy.log2(numpy.abs(numpy.where(numpy.isfinite(wide) & (wide != 0), wide, 1)))), 1 - bias)
    step = numpy.exp2(power - fraction)
    near = numpy.rint(wide / step) * step
    largest = (2 - 2.0 ** -fraction) * 2.0 ** bias
    return numpy.where(numpy.abs(near) > largest, numpy.copysign(numpy.inf, wide), near).astype(numpy.float32)
