"""What pydicom and numpy see in the segmentation and the report of an annotated nodule.

Usage: annotation_objects.py SEG SR. Prints one JSON object. Every value is read with every check that pydicom has.
"""
import json
import sys

import numpy as np
import pydicom
from pydicom import config

config.settings.reading_validation_mode = config.RAISE


def read(path):
    data_set = pydicom.dcmread(path)
    for element in data_set.iterall():
        element.value
    return data_set


def code(item):
    return [item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning]


seg, sr = read(sys.argv[1]), read(sys.argv[2])
frames = np.asarray(seg.pixel_array).reshape(-1, seg.Rows, seg.Columns)
measures = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
rows, columns = (float(value) for value in measures.PixelSpacing)
axes = [float(v) for v in seg.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient]
points = []
for frame, groups in zip(frames, seg.PerFrameFunctionalGroupsSequence):
    first = np.array([float(v) for v in groups.PlanePositionSequence[0].ImagePositionPatient])
    for row, column in np.argwhere(frame > 0):
        points.append(first + column * columns * np.array(axes[:3]) + row * rows * np.array(axes[3:]))

names, ratings, measured, tracking = [], {}, {}, set()


def walk(item):
    for child in item.get("ContentSequence", []):
        concept = child.ConceptNameCodeSequence[0] if "ConceptNameCodeSequence" in child else None
        if child.ValueType == "PNAME":
            names.append(str(child.PersonName))
        if child.ValueType == "UIDREF" and concept.CodeValue == "112040":
            tracking.add(str(child.UID))
        if child.ValueType == "NUM":
            measured[concept.CodeMeaning] = float(child.MeasuredValueSequence[0].NumericValue)
        if child.ValueType == "CODE" and child.RelationshipType == "CONTAINS":
            ratings[concept.CodeMeaning] = code(child.ConceptCodeSequence[0])
        walk(child)


walk(sr)
predecessors = [
    str(instance.ReferencedSOPInstanceUID)
    for study in sr.get("PredecessorDocumentsSequence", [])
    for series in study.ReferencedSeriesSequence
    for instance in series.ReferencedSOPSequence
]
print(
    json.dumps(
        {
            "voxels": len(points),
            "centre": np.mean(points, axis=0).tolist(),
            "algorithm": seg.SegmentSequence[0].SegmentAlgorithmType,
            "property": code(seg.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0]),
            "creator": str(seg.ContentCreatorName),
            "observers": names,
            "software": [str(one.SoftwareVersions) for one in (seg, sr)],
            "manufacturer": [str(one.Manufacturer) for one in (seg, sr)],
            "synthetic": [str(one[0x0008001C].value) if 0x0008001C in one else None for one in (seg, sr)],
            "tracking": sorted(tracking | {str(seg.SegmentSequence[0].TrackingUID)}),
            "predecessors": predecessors,
            "ratings": ratings,
            "measured": measured,
            "series": sorted({str(s.SeriesInstanceUID) for s in seg.ReferencedSeriesSequence}),
            "study": sorted({str(one.StudyInstanceUID) for one in (seg, sr)}),
            "patient": sorted({str(one.PatientID) for one in (seg, sr)}),
        }
    )
)
