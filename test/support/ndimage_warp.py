"""Looks patches up with SciPy's ndimage at given positions, for test/integration/warpAgainstSciPy.test.ts.

Usage: ndimage_warp.py FOLDER. Reads cases.json ([{"name", "size", "matrix"?}]), and of each case `<name>.patch.f32` and
`<name>.positions.f64` (3 × size³, in z, y, x); writes `<name>.result.f32`. A case with a matrix goes through
affine_transform, which is given matrix and offset instead of positions.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy import ndimage

folder = Path(sys.argv[1])
for case in json.loads((folder / "cases.json").read_text()):
    name, size = case["name"], case["size"]
    patch = np.fromfile(folder / f"{name}.patch.f32", dtype="<f4").reshape((size,) * 3)
    how = {"order": 1, "mode": "nearest"}
    if "matrix" in case:
        matrix = np.array(case["matrix"]).reshape(3, 3)
        centre = np.full(3, (size - 1) / 2)
        result = ndimage.affine_transform(patch, matrix, centre - matrix @ centre, **how)
    else:
        positions = np.fromfile(folder / f"{name}.positions.f64", dtype="<f8").reshape(3, size, size, size)
        result = ndimage.map_coordinates(patch, positions, **how)
    result.astype("<f4").tofile(folder / f"{name}.result.f32")
