/** What the server and its imaging thread say to each other: one request, one answer. */
import type {
  AnnotationShape,
  Contour,
  Edit,
  InsertionOptions,
  MeasuredEdit,
  Nodule,
  NoduleAnnotation,
  PlacementSetting,
  QualityCheck,
  Ratings,
} from '@nodulelab/contract';
import type { DicomFile } from '../../dicom/ctSeries.ts';
import type { BoxChange } from '../../dicom/derivedCt.ts';
import type { DicomKind } from '../../dicom/header.ts';
import type { Provenance } from '../../dicom/provenance.ts';
import type { EarlierNodule, ProposedPlace, RankedPlace } from '../../insertion/placement.ts';
import type { ErrorKind } from '../../volume/errors.ts';
import type { IndexBox, Vec3, VolumeGeometry } from '../../volume/ctVolume.ts';
import type { EditFingerprint } from '../../store/fingerprintTable.ts';
import type { Planes, PlanesWork } from './planesAround.ts';
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
  /** The original; what was done to it before is in `earlier`. */
  readonly seriesInstanceUID: string;
  /** 64³ values in [0, 1], x fastest. */
  readonly patch: Float32Array;
  readonly centre: Vec3;
  readonly diameterMm: number;
  readonly seed: number;
  readonly options?: InsertionOptions;
  /** The edits that this one stands on. */
  readonly earlier?: readonly BoxChange[];
}

export interface RemovalWork {
  /** The original. */
  readonly seriesInstanceUID: string;
  readonly nodule: Nodule;
  readonly seed: number;
  readonly earlier: readonly BoxChange[];
}

/** A change to a host: the box, its new HU and how much each voxel is new (0..255), i fastest. */
export interface EditResult {
  readonly box: IndexBox;
  readonly geometry: VolumeGeometry;
  readonly hu: Int16Array;
  readonly alpha: Uint8Array;
  /** 1 where the nodule (or what was removed) is: what a segmentation of it holds. */
  readonly footprint: Uint8Array;
  readonly measured: MeasuredEdit;
  readonly checks: readonly QualityCheck[];
}

export interface PreviewResult extends EditResult {
  /** What the place is. */
  readonly setting: PlacementSetting;
  /** What a detector sees of the nodule in its place (networks/detectorBox.ts). */
  readonly detectorBox: Float32Array;
}

export interface RemovalResult extends EditResult {
  /** 1 where the readers outlined the nodule, on the voxels of the box: what a replay removes. */
  readonly mask: Uint8Array;
}

/** What an edit is made again from, beside its record. */
export type EditMaterial =
  | { readonly kind: 'insert'; readonly patch: Float32Array }
  | { readonly kind: 'remove'; readonly mask: Uint8Array };

export interface RemakeWork {
  /** The original. */
  readonly seriesInstanceUID: string;
  /** Each one stands on those before it. */
  readonly steps: readonly { readonly edit: Edit; readonly material: EditMaterial }[];
}

/** An edit as it goes into the objects of a new series. */
export interface WrittenEdit extends BoxChange {
  readonly footprint: Uint8Array;
  readonly trackingUid: string;
}

export interface DeriveWork {
  readonly seriesInstanceUID: string;
  /** In the order in which they were made; later ones win where they overlap. */
  readonly changes: readonly BoxChange[];
  readonly provenance: Provenance;
  readonly now: Date;
}

export interface WriteWork {
  /** The original. */
  readonly seriesInstanceUID: string;
  /** In the order of the provenance's edits. */
  readonly edits: readonly WrittenEdit[];
  readonly provenance: Provenance;
  readonly now: Date;
  /** Series Numbers that the study has already. */
  readonly seriesNumbers: ReadonlySet<number>;
}

/** A segmentation or a report: one object in a series of its own. */
export interface CompanionFile {
  readonly seriesInstanceUID: string;
  readonly seriesDescription: string;
  readonly sopInstanceUID: string;
  readonly bytes: Uint8Array;
}

export interface WrittenFiles extends DerivedFiles {
  /** What the voxels of the edits are recognised by where tags were stripped. */
  readonly fingerprints: readonly EditFingerprint[];
  readonly segmentation: CompanionFile;
  readonly report: CompanionFile;
}

export interface DerivedFiles {
  readonly seriesInstanceUID: string;
  readonly seriesDescription: string;
  readonly instances: readonly { readonly sopInstanceUID: string; readonly bytes: Uint8Array }[];
}

export interface VerifyWork {
  /** The original. */
  readonly seriesInstanceUID: string;
  readonly changes: readonly BoxChange[];
  /** Series that is read back from the archive. */
  readonly derivedSeriesInstanceUID: string;
  /** As they were sent. */
  readonly segmentation: CompanionFile;
  readonly report: CompanionFile;
}

export interface ProposeWork {
  readonly seriesInstanceUID: string;
  readonly diameterMm: number;
  readonly seed: number;
  readonly setting?: PlacementSetting;
  readonly earlier?: readonly BoxChange[];
  /** Nodules among the earlier edits, which the new one must not run into. */
  readonly clearOf?: readonly EarlierNodule[];
}

export interface RankWork extends Omit<ProposeWork, 'seed'> {
  readonly count: number;
}

export interface GuardWork {
  readonly seriesInstanceUID: string;
  readonly diameterMm: number;
  readonly setting?: PlacementSetting;
}

export interface GuardLabels extends VolumeGeometry {
  readonly labels: Uint8Array;
  readonly allowedMl: number;
}

export interface AnnotateWork {
  readonly seriesInstanceUID: string;
  readonly annotations: SeriesAnnotations;
}

export interface AnnotateResult extends Omit<SeriesNodules, 'nodules'> {
  /** Largest first, numbered from 1. */
  readonly nodules: readonly Nodule[];
}

/** A nodule that a user marked, to be made and written. */
export interface MarkWork {
  /** An original. */
  readonly seriesInstanceUID: string;
  /** What was drawn, or the nodule whose shape stays as it is. */
  readonly shape: AnnotationShape | { readonly kind: 'kept'; readonly nodule: Nodule };
  readonly characteristics: Ratings;
  readonly author: string;
  readonly markId: string;
  readonly trackingUid: string;
  readonly codeVersion: string;
  readonly now: Date;
  /** Series Numbers that the study has already. */
  readonly seriesNumbers: ReadonlySet<number>;
  /** The state that this one takes the place of. */
  readonly replaces: Pick<NoduleAnnotation, 'segmentation' | 'report' | 'revision'> | null;
}

export interface MarkedFiles {
  /** Under a number that is still to be given. */
  readonly nodule: Nodule;
  readonly segmentation: CompanionFile;
  readonly report: CompanionFile;
}

/** The thread's methods: parameters and answers. */
export interface ImagingMethods {
  /** Reads a host and finds its lungs, so that its first preview does not have to. */
  warm(series: { readonly seriesInstanceUID: string }): Promise<null>;
  facts(series: { readonly seriesInstanceUID: string }): Promise<HostFacts>;
  propose(work: ProposeWork): Promise<ProposedPlace>;
  rankPlaces(work: RankWork): Promise<readonly RankedPlace[]>;
  guard(work: GuardWork): Promise<GuardLabels>;
  preview(work: PreviewWork): Promise<PreviewResult>;
  remove(work: RemovalWork): Promise<RemovalResult>;
  remake(work: RemakeWork): Promise<readonly EditResult[]>;
  /** The CT, its segmentation and its report. */
  write(work: WriteWork): Promise<WrittenFiles>;
  /** Reads all of them back from the archive. @throws upstream where something is not as it was sent */
  verify(work: VerifyWork): Promise<null>;
  /** Reads a CT series that is to be imported; what of the files belongs to its stack, in order. */
  readCt(work: {
    readonly files: readonly DicomFile[];
  }): Promise<readonly { readonly name: string; readonly sopInstanceUID: string }[]>;
  /** Reads an official segmentation or report. */
  readOfficial(work: { readonly kind: DicomKind; readonly file: DicomFile }): Promise<OfficialObject>;
  /** The nodule that a user marked, with its segmentation and its report. */
  mark(work: MarkWork): Promise<MarkedFiles>;
  /** Reads both back from the archive. @throws upstream where something is not as it was sent */
  verifyMark(work: Pick<MarkedFiles, 'segmentation' | 'report'>): Promise<null>;
  /** Nodules of a CT series that was just imported. */
  annotate(work: AnnotateWork): Promise<AnnotateResult>;
  /** Three planes through a point. */
  planes(work: PlanesWork): Promise<Planes>;
  /** Consensus outlines of stored nodules of a series, one list a nodule. */
  outline(work: {
    readonly seriesInstanceUID: string;
    readonly nodules: readonly Nodule[];
  }): Promise<readonly Contour[][]>;
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
