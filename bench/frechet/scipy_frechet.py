"""NumPy's and SciPy's contenders for bench/frechet.ts: the Fréchet distance as it is usually written.

Usage: scipy_frechet.py '{"a": "a.f64", "b": "b.f64", "dimension": 512, "work": "sqrtm", "warmUp": 1, "count": 5}'. Prints
one line of JSON: {"seconds": [per distance], "cpuSeconds": total, "distance": value}. Where the product of the
covariances has no finite root, 1e-6 goes onto both diagonals, as published implementations do.
"""

import json
import sys
import time

import numpy as np
from scipy import linalg

config = json.loads(sys.argv[1])
a, b = (np.fromfile(config[name]).reshape(-1, config["dimension"]) for name in "ab")


def shared(one, other):
    if config["work"] == "eigvals":
        return np.sqrt(np.linalg.eigvals(one @ other).astype(complex)).sum().real
    root = linalg.sqrtm(one @ other)
    if not np.isfinite(root).all():
        offset = 1e-6 * np.eye(len(one))
        root = linalg.sqrtm((one + offset) @ (other + offset))
    return np.trace(root).real


def frechet():
    one, other = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    difference = a.mean(axis=0) - b.mean(axis=0)
    return difference @ difference + np.trace(one) + np.trace(other) - 2 * shared(one, other)


for _ in range(config["warmUp"]):
    frechet()
seconds = []
cpu = time.process_time()
for _ in range(config["count"]):
    began = time.perf_counter()
    distance = frechet()
    seconds.append(time.perf_counter() - began)
print(json.dumps({"seconds": seconds, "cpuSeconds": time.process_time() - cpu, "distance": float(distance)}))
