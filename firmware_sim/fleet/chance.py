"""Chance by name: every use has its own stream, so that none shifts another, nor one device another."""

import hashlib

import numpy as np
from numpy.typing import NDArray


def draw(name: str) -> np.random.Generator:
    """The stream of a name such as `7/BP-01/vib_rms`."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big"))


def noise(name: str, count: int, phi: float, clip: float) -> NDArray[np.float64]:
    """Unit noise (count,) of one stream with autocorrelation `phi` from bin to bin, cut at ±`clip`."""
    white = draw(name).standard_normal(count)
    if phi > 0.0:
        first = white[0]
        white *= np.sqrt(1.0 - phi * phi)
        white[0] = first
        white = remember(white, phi)
    return np.clip(white, -clip, clip)


def remember(inputs: NDArray[np.float64], phi: float) -> NDArray[np.float64]:
    """y[i] = phi·y[i−1] + inputs[i], by doubling: a few passes over the array instead of a step a bin."""
    out = inputs.copy()
    reach = 1
    while reach < len(out) and phi**reach > 1e-16:
        out[reach:] = out[reach:] + phi**reach * out[:-reach]
        reach *= 2
    return out
