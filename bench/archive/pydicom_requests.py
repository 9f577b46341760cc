"""Reads a CT series from Orthanc into a volume, and writes a changed volume back as a new series, verified: requests,
pydicom and NumPy as one would write it, one request after the other or in threads."""

import io
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pydicom
import requests
from pydicom.uid import generate_uid

config = json.loads(sys.argv[1])
base, threads = config["url"], config["threads"]
session = requests.Session()
session.auth = (config["user"], config["password"])
session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=threads))
pool = ThreadPoolExecutor(threads)


def each(task, items):
    return [task(item) for item in items] if threads == 1 else list(pool.map(task, items))


def checked(response):
    response.raise_for_status()
    return response


def series_of(uid):
    found = checked(session.post(base + "/tools/lookup", data=uid)).json()
    return next(entry["ID"] for entry in found if entry["Type"] == "Series")


def fetch(instance):
    dataset = pydicom.dcmread(io.BytesIO(checked(session.get(f"{base}/instances/{instance}/file")).content))
    dataset.pixel_array
    return dataset


def read(uid):
    slices = each(fetch, checked(session.get(f"{base}/series/{series_of(uid)}")).json()["Instances"])
    orientation = np.array(slices[0].ImageOrientationPatient, float)
    normal = np.cross(orientation[:3], orientation[3:])
    slices.sort(key=lambda one: float(np.dot(normal, np.array(one.ImagePositionPatient, float))))
    volume = np.stack(
        [
            (one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept)).astype(np.int16)
            for one in slices
        ]
    )
    return slices, volume


def write(slices, volume):
    series = generate_uid()

    def send(pair):
        dataset, hu = pair
        stored = np.round((hu - float(dataset.RescaleIntercept)) / float(dataset.RescaleSlope))
        dataset.PixelData = stored.astype(dataset.pixel_array.dtype).tobytes()
        dataset.SeriesInstanceUID = series
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        file = io.BytesIO()
        dataset.save_as(file, write_like_original=False)
        answer = checked(session.post(base + "/instances", data=file.getvalue())).json()
        assert answer["Status"] == "Success", answer

    each(send, list(zip(slices, volume)))
    _, back = read(series)
    assert np.array_equal(back, volume), "the series that came back is another one"
    return series


def timed(work):
    began = time.perf_counter()
    value = work()
    return value, time.perf_counter() - began


reads, writes = [], []
for _ in range(config["repeats"]):
    (slices, volume), seconds = timed(lambda: read(config["series"]))
    reads.append(seconds)
    x, y, z = (size // 2 for size in reversed(volume.shape))
    volume[z - 10 : z + 10, y - 15 : y + 15, x - 15 : x + 15] = 40
    written, seconds = timed(lambda: write(slices, volume))
    writes.append(seconds)
    checked(session.delete(f"{base}/series/{series_of(written)}"))
print(json.dumps({"read": reads, "write": writes, "bytes": volume.nbytes}))
