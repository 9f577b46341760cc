"""Copies a CT series as an anonymiser that knows nothing of NoduleLab would: new identifiers, no private elements, no
mark, another order of the files. What else happens to a copy is chosen by its name.

Usage: strip_tags.py SOURCE_DIR OUT_DIR [rle] [rescale] [crop]
"""

import os
import random
import sys

import pydicom
from pydicom.uid import RLELossless, generate_uid

source, out, *how = sys.argv[1:]
os.makedirs(out)
series, study, frame = generate_uid(), generate_uid(), generate_uid()
images = [pydicom.dcmread(os.path.join(source, name)) for name in sorted(os.listdir(source))]
images = [image for image in images if image.Modality == "CT"]
images.sort(key=lambda image: float(image.ImagePositionPatient[2]))
if "crop" in how:
    images = images[len(images) // 4 :]
random.Random(7).shuffle(images)
for number, image in enumerate(images):
    image.remove_private_tags()
    for keyword in (
        "DerivationDescription",
        "DerivationCodeSequence",
        "SourceImageSequence",
        "ContributingEquipmentSequence",
    ):
        if keyword in image:
            del image[keyword]
    # Synthetic Data: older versions of pydicom have no word for it.
    if (0x0008, 0x001C) in image:
        del image[0x0008, 0x001C]
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.SeriesDescription = "THORAX"
    image.Manufacturer = "ANON"
    image.StudyInstanceUID, image.SeriesInstanceUID, image.FrameOfReferenceUID = study, series, frame
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    image.InstanceNumber = number + 1
    if "rescale" in how:
        # The same HU under another intercept: every stored value moves by the difference.
        pixels = image.pixel_array.astype("int32") + 100
        image.RescaleIntercept = float(image.RescaleIntercept) - 100 * float(image.RescaleSlope)
        image.PixelData = pixels.astype("int16" if image.PixelRepresentation else "uint16").tobytes()
        for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit"):
            if keyword in image:
                del image[keyword]
    if "rle" in how:
        image.compress(RLELossless)
    image.save_as(os.path.join(out, f"{number:04d}.dcm"))
