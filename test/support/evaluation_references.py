"""Works out with NumPy and SciPy what evaluation/ computes, for test/integration/evaluationAgainstSciPy.test.ts.

Usage: evaluation_references.py FOLDER. Reads cases.json ([{"kind", "name", …}]) and of each case float64 files
`<name>.<part>`; prints one JSON object of numbers by case name.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy import linalg, ndimage, signal, stats

folder = Path(sys.argv[1])


def read(name, part, shape):
    return np.fromfile(folder / f"{name}.{part}", dtype="<f8").reshape(shape)


def frechet(case):
    """The usual implementation: the square root of the product of both covariances."""
    a = read(case["name"], "a", (-1, case["dimension"]))
    b = read(case["name"], "b", (-1, case["dimension"]))
    one, other = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = linalg.sqrtm(one @ other)
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(one) + np.trace(other) - 2 * np.trace(root).real


def ms_ssim(case):
    """Whole three-dimensional windows, one convolution each."""
    size = case["size"]
    a, b = (read(case["name"], part, (size,) * 3) for part in "ab")
    line = signal.windows.gaussian(11, 1.5)
    window = line[:, None, None] * line[None, :, None] * line[None, None, :]
    window /= window.sum()
    exponents = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333][: case["scales"]])
    exponents /= exponents.sum()
    product = 1.0
    for scale, exponent in enumerate(exponents):
        mean = lambda values: signal.fftconvolve(values, window, mode="valid")
        mean_a, mean_b = mean(a), mean(b)
        variance_a, variance_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
        both = mean(a * b) - mean_a * mean_b
        found = (2 * both + 0.03**2) / (variance_a + variance_b + 0.03**2)
        if scale == len(exponents) - 1:
            found = found * (2 * mean_a * mean_b + 0.01**2) / (mean_a**2 + mean_b**2 + 0.01**2)
        product *= max(found.mean(), 0) ** exponent
        a, b = (ndimage.uniform_filter(v, 2, origin=-1)[:-1:2, :-1:2, :-1:2] for v in (a, b))
    return product


def partial_spearman(case):
    """The correlation of what a least-squares line in the control's ranks leaves of both ranks."""
    x, y, control = (stats.rankdata(read(case["name"], part, -1)) for part in ("x", "y", "control"))
    design = np.stack([np.ones_like(control), control], axis=1)
    left = [v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (x, y)]
    return stats.pearsonr(*left)[0]


def delong(case):
    """Area and DeLong's variance from all pairs."""
    positive, negative = read(case["name"], "positive", -1), read(case["name"], "negative", -1)
    wins = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    variance = wins.mean(1).var(ddof=1) / len(positive) + wins.mean(0).var(ddof=1) / len(negative)
    area = stats.mannwhitneyu(positive, negative).statistic / wins.size
    return {"area": area, "variance": variance}


KINDS = {"frechet": frechet, "msSsim": ms_ssim, "partialSpearman": partial_spearman, "delong": delong}
cases = json.loads((folder / "cases.json").read_text())
print(json.dumps({case["name"]: KINDS[case["kind"]](case) for case in cases}))
