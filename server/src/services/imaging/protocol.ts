/** What the server and its imaging thread say to each other: one request, one answer. */
import type { MeasuredEdit, Nodule, QualityCheck } from '@nodulelab/contract';
import type { DicomFile } from '../../dicom/ctSeries.ts';
import type { BoxChange } from '../../dicom/derivedCt.ts';
import type { DicomKind } from '../../dicom/header.ts';
import type { Provenance } from '../../dicom/provenance.ts';
import type { ErrorKind } from '../../volume/errors.ts';
import type { IndexBox, Vec3, VolumeGeometry } from '../../volume/ctVolume.ts';
import type { SeriesNodules } from '../importing/annotate.ts';
import type { OfficialObject, SeriesAnnotations } from '../importing/annotations.ts';

/** Facts of a host series that the server needs without its voxels. */
export interface HostFacts {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly frameOfReferenceUID: string;
  readonly patientIdentityRemoved: boolean;
  readonly slices: number;
  readonly geometry: VolumeGeometry;
}

export interface PreviewWork {
  readonly seriesInstanceUID: string;
  /** 64³ values in [0, 1], x fastest. */
  readonly patch: Float32Array;
  readonly centre: Vec3;
  readonly diameterMm: number;
  readonly seed: number;
}

/** A change to a host: the box, its new HU and how much each voxel is nodule (0..255), i fastest. */
export interface PreviewResult {
  readonly box: IndexBox;
  readonly geometry: VolumeGeometry;
  readonly hu: Int16Array;
  readonly alpha: Uint8Array;
  /** 1 where the nodule (or what was removed) is: what a segmentation of it holds. */
  readonly footprint: Uint8Array;
  readonly measured: MeasuredEdit;
  readonly checks: readonly QualityCheck[];
}

export interface DeriveWork {
  readonly seriesInstanceUID: string;
  /** In the order in which they were made; later ones win where they overlap. */
  readonly changes: readonly BoxChange[];
  readonly provenance: Provenance;
  readonly now: Date;
}

export interface DerivedFiles {
  readonly seriesInstanceUID: string;
  readonly seriesDescription: string;
  readonly instances: readonly { readonly sopInstanceUID: string; readonly bytes: Uint8Array }[];
}

export interface VerifyWork {
  readonly seriesInstanceUID: string;
  readonly changes: readonly BoxChange[];
  readonly files: readonly Uint8Array[];
}

export interface AnnotateWork {
  readonly seriesInstanceUID: string;
  readonly annotations: SeriesAnnotations;
}

export interface AnnotateResult extends Omit<SeriesNodules, 'nodules'> {
  /** Largest first, numbered from 1. */
  readonly nodules: readonly Nodule[];
}

/** The thread's methods: parameters and answers. */
export interface ImagingMethods {
  /** Reads a host and finds its lungs, so that its first preview does not have to. */
  warm(series: { readonly seriesInstanceUID: string }): Promise<null>;
  facts(series: { readonly seriesInstanceUID: string }): Promise<HostFacts>;
  propose(work: {
    readonly seriesInstanceUID: string;
    readonly diameterMm: number;
    readonly seed: number;
  }): Promise<Vec3>;
  preview(work: PreviewWork): Promise<PreviewResult>;
  derive(work: DeriveWork): Promise<DerivedFiles>;
  verify(work: VerifyWork): Promise<null>;
  /** Reads a CT series that is to be imported; what of the files belongs to its stack, in order. */
  readCt(work: {
    readonly files: readonly DicomFile[];
  }): Promise<readonly { readonly name: string; readonly sopInstanceUID: string }[]>;
  /** Reads an official segmentation or report. */
  readOfficial(work: { readonly kind: DicomKind; readonly file: DicomFile }): Promise<OfficialObject>;
  /** Nodules of a CT series that was just imported. */
  annotate(work: AnnotateWork): Promise<AnnotateResult>;
}

export type MethodName = keyof ImagingMethods;

export interface Request {
  readonly id: number;
  readonly method: MethodName;
  readonly params: unknown;
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      readonly error: {
        readonly kind: ErrorKind | 'internal';
        readonly message: string;
        readonly details: Record<string, unknown>;
      };
    };
