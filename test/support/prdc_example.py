"""Remakes prdcExample.json: what the published implementation of precision, recall, density and coverage finds.

Usage: pip install prdc && python3 prdc_example.py > prdcExample.json

The package's own example (standard normal against standard normal, k = 5) at sizes that a test can afford, then a synthetic
set that is shifted and one that is collapsed. Values come from a congruential generator that the test runs too, because
NumPy's normal numbers cannot be had elsewhere: the sum of twelve uniform numbers less 6, in double precision.
"""

import contextlib
import json
import sys

import numpy as np
from prdc import compute_prdc

CASES = [
    {"name": "its example", "real": 300, "synthetic": 300, "dimension": 32, "k": 5, "shift": 0.0, "spread": 1.0},
    {"name": "shifted", "real": 200, "synthetic": 260, "dimension": 8, "k": 3, "shift": 0.5, "spread": 1.0},
    {"name": "collapsed", "real": 150, "synthetic": 120, "dimension": 5, "k": 5, "shift": 0.0, "spread": 0.3},
]


def numbers(state):
    while True:
        total = 0.0
        for _ in range(12):
            state = (state * 1664525 + 1013904223) % 2**32
            total += state / 2**32
        yield total - 6


for case in CASES:
    source = numbers(case["real"] + case["dimension"])
    real = np.array([[next(source) for _ in range(case["dimension"])] for _ in range(case["real"])])
    synthetic = np.array(
        [[case["shift"] + case["spread"] * next(source) for _ in range(case["dimension"])] for _ in range(case["synthetic"])]
    )
    with contextlib.redirect_stdout(sys.stderr):
        found = compute_prdc(real_features=real, fake_features=synthetic, nearest_k=case["k"])
    case["found"] = {name: float(value) for name, value in found.items()}
print(json.dumps(CASES, indent=2))
