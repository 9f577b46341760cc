"""What pydicom and numpy see in a synthetic series, its segmentation and its report.

Usage: written_objects.py FOLDER, with source-K.dcm and derived-K.dcm for some slices K, seg.dcm and sr.dcm.
Prints one JSON object. Values of segmentation and report are read with every check that pydicom has.
"""
import glob
import json
import re
import sys

import numpy as np
import pydicom
from pydicom import config


def read(path, strict):
    config.settings.reading_validation_mode = config.RAISE if strict else config.WARN
    data_set = pydicom.dcmread(path)
    for element in data_set.iterall():
        element.value
    return data_set


def hu(image):
    return image.pixel_array.astype("float64") * float(image.RescaleSlope) + float(image.RescaleIntercept)


folder = sys.argv[1]
source, derived = (
    {int(re.search(r"-(\d+)\.dcm$", path).group(1)): read(path, False) for path in glob.glob(f"{folder}/{name}-*.dcm")}
    for name in ("source", "derived")
)
seg = read(f"{folder}/seg.dcm", True)
sr = read(f"{folder}/sr.dcm", True)
slices = {image.SOPInstanceUID: k for k, image in derived.items()}

masks = {k: np.zeros(image.pixel_array.shape, bool) for k, image in derived.items()}
measured = {}
misplaced = 0
measures = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
voxel = float(measures.PixelSpacing[0]) * float(measures.PixelSpacing[1]) * float(measures.SpacingBetweenSlices)
for frame, groups in zip(seg.pixel_array, seg.PerFrameFunctionalGroupsSequence):
    k = slices[groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID]
    image = derived[k]
    position = groups.PlanePositionSequence[0].ImagePositionPatient
    misplaced += any(abs(float(a) - float(b)) > 1e-6 for a, b in zip(position, image.ImagePositionPatient))
    inside = frame > 0
    masks[k] |= inside
    number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
    measured.setdefault(number, []).append(hu(image)[inside])

changed = {k: hu(derived[k]) != hu(source[k]) for k in derived}
reported = {}


def numbers(item):
    for child in item.get("ContentSequence", []):
        name = child.ConceptNameCodeSequence[0].CodeMeaning if "ConceptNameCodeSequence" in child else ""
        if name == "Referenced Segment":
            group = reported.setdefault(child.ReferencedSOPSequence[0].ReferencedSegmentNumber, {})
            for other in item.ContentSequence:
                if other.ValueType == "NUM":
                    value = float(other.MeasuredValueSequence[0].NumericValue)
                    group[other.ConceptNameCodeSequence[0].CodeMeaning] = value
        numbers(child)


numbers(sr)
computed = {}
for number, parts in measured.items():
    values = np.concatenate(parts)
    volume = values.size * voxel
    computed[number] = {
        "Diameter": (6 * volume / np.pi) ** (1 / 3),
        "Volume": volume,
        "Attenuation Coefficient": float(values.mean()),
    }
print(
    json.dumps(
        {
            "misplacedFrames": int(misplaced),
            "maskVoxels": int(sum(mask.sum() for mask in masks.values())),
            "changedInMask": int(sum((changed[k] & masks[k]).sum() for k in masks)),
            "changedOutsideMask": int(sum((changed[k] & ~masks[k]).sum() for k in masks)),
            "computed": computed,
            "reported": reported,
            "synthetic": [str(data_set[0x0008001C].value) for data_set in (seg, sr)],
        }
    )
)
