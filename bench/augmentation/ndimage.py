"""SciPy's contender for bench/augmentation.ts: the founding README's augmentation as it is written with scipy.ndimage.

Usage: ndimage.py '{"patches": "patches.f32", "size": 64, "work": "whole", "warmUp": 3, "count": 10}'. Prints one line of
JSON: {"seconds": [per patch], "cpuSeconds": total}. Everything is float32, interpolation is of order 1, and beyond the
border the nearest voxel goes on. What does not change from patch to patch is made once.
"""

import json
import sys
import time

import numpy as np
from scipy import ndimage

config = json.loads(sys.argv[1])
size = config["size"]
patches = np.fromfile(config["patches"], dtype=np.float32).reshape(-1, size, size, size)
random = np.random.default_rng(1)

ROTATION = 15
SCALING = (0.9, 1.1)
NOISE = np.float32(0.01)
# The control grid of the other side, and a Gaussian field as smooth and as strong (about 2 voxels).
GRID = 16
DISPLACEMENT = 6
SIGMA = 8
STRENGTH = 2 / np.sqrt(3) / np.std([ndimage.gaussian_filter(np.random.default_rng(0).uniform(-1, 1, (size,) * 3), SIGMA)])

centre = np.float32((size - 1) / 2)
voxels = (np.indices((size,) * 3, dtype=np.float32) - centre).reshape(3, -1)


def matrix():
    axis = random.normal(size=3)
    axis /= np.linalg.norm(axis)
    angle = np.deg2rad(random.uniform(-ROTATION, ROTATION))
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    rotation = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return (rotation.T / random.uniform(*SCALING)).astype(np.float32)


def gaussian_field():
    """Simard, Steinkraus and Platt 2003: a random displacement of every voxel, smoothed."""
    field = random.uniform(-1, 1, (3, size, size, size)).astype(np.float32)
    return np.stack([ndimage.gaussian_filter(along, SIGMA) for along in field]) * np.float32(STRENGTH)


def zoomed_field():
    """A coarse grid of displacements, enlarged by ndimage's cubic splines."""
    points = size // GRID + 1
    grid = random.uniform(-DISPLACEMENT, DISPLACEMENT, (3, points, points, points)).astype(np.float32)
    return np.stack([ndimage.zoom(along, size / points, order=3) for along in grid])


def spline_matrix():
    """Weights of the control points at every voxel of a row: cubic B-splines."""
    points = (size - 1) // GRID + 4
    weights = np.zeros((size, points), dtype=np.float32)
    for voxel in range(size):
        cell, t = divmod(voxel / GRID, 1)
        basis = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, 3 * (1 - t) ** 3 - 6 * (1 - t) ** 2 + 4, t**3]
        weights[voxel, int(cell) : int(cell) + 4] = np.array(basis) / 6
    return weights


splines = spline_matrix()


def product_field():
    """The other side's own field without ndimage: one matrix product per axis. The fastest that was found."""
    points = splines.shape[1]
    field = random.uniform(-DISPLACEMENT, DISPLACEMENT, (3, points, points, points)).astype(np.float32)
    field = field @ splines.T
    field = splines @ field
    return (splines @ field.reshape(3, points, -1)).reshape(3, size, size, size)


def warp(patch, field, linear=None):
    positions = voxels + field.reshape(3, -1)
    if linear is not None:
        positions = linear @ positions
    positions += centre
    return ndimage.map_coordinates(patch, positions.reshape(3, size, size, size), order=1, mode="nearest")


def affine(patch):
    linear = matrix()
    offset = centre - linear @ np.full(3, centre)
    return ndimage.affine_transform(patch, linear, offset, order=1, mode="nearest")


def noisy(patch):
    return np.clip(patch + NOISE * random.standard_normal(patch.shape, dtype=np.float32), 0, 1)


WORKS = {
    "whole": lambda patch: noisy(warp(patch, gaussian_field(), matrix())),
    "whole, zoomed grid": lambda patch: noisy(warp(patch, zoomed_field(), matrix())),
    "whole, products": lambda patch: noisy(warp(patch, product_field(), matrix())),
    "affine": affine,
    "elastic": lambda patch: warp(patch, gaussian_field()),
    "noise": noisy,
}

work = WORKS[config["work"]]
for i in range(config["warmUp"]):
    work(patches[i % len(patches)])
seconds = []
cpu = time.process_time()
for i in range(config["count"]):
    began = time.perf_counter()
    result = work(patches[i % len(patches)])
    seconds.append(time.perf_counter() - began)
    assert result.shape == (size,) * 3 and result.dtype == np.float32
print(json.dumps({"seconds": seconds, "cpuSeconds": time.process_time() - cpu}))
