/** What was seen in a series, in words and as a verdict. Pure. */
import { createHash } from 'node:crypto';
import type { Evidence, VerificationReport } from '@nodulelab/contract';
import type { SignedPart } from '../../dicom/signature.ts';
import type { LookedAtSlice } from './lookedAtSlice.ts';
import type { MatchedEdit } from './matching.ts';

/** What is kept of a slice once its voxels were compared. */
export type SliceProof = Omit<LookedAtSlice, 'voxels'> & { readonly readable: boolean };

export function markEvidence(slices: readonly SliceProof[]): Evidence {
  const all = slices.length;
  const marked = slices.filter(({ syntheticData }) => syntheticData).length;
  const named = slices.filter(({ equipment }) => equipment).length;
  const equipment = named > 0 ? ` NoduleLab is among the contributing equipment in ${of(named, all)}.` : '';
  if (marked === all)
    return {
      ...{ by: 'mark', outcome: 'present' },
      explanation: `Synthetic Data (0008,001C) is YES in ${of(all, all)}.${equipment}`,
    };
  if (marked + named === 0)
    return {
      ...{ by: 'mark', outcome: 'absent' },
      explanation: `Synthetic Data (0008,001C) is not set in ${all === 1 ? 'the slice' : `any of ${all} slices`}.`,
    };
  return {
    ...{ by: 'mark', outcome: 'broken' },
    explanation: `Synthetic Data (0008,001C) is YES in ${of(marked, all)} only.${equipment} The mark was taken away, or slices were exchanged.`,
  };
}

/** First and last words of a key, as people compare them. */
export const keyName = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 16);

const PART_NAMES: Readonly<Record<SignedPart, string>> = {
  identity: 'unique identifiers',
  provenance: 'provenance',
  pixels: 'pixel data',
  grid: 'position, spacing or rescale',
};

/** @param known public keys that are trusted, the data folder's own first; undefined where there is no data folder */
export function signatureEvidence(
  slices: readonly SliceProof[],
  known: readonly string[] | undefined,
): Evidence {
  const all = slices.length;
  const by = 'signature' as const;
  const checks = slices.flatMap(({ signature }) => signature ?? []);
  const valid = checks.flatMap((check) => (check.state === 'valid' ? [check.publicKey] : []));
  const broken = checks.flatMap((check) => (check.state === 'broken' ? [check] : []));
  const withProvenance = slices.filter(({ provenance }) => provenance !== undefined).length;
  if (valid.length + broken.length === 0) {
    if (checks.length === 0 && withProvenance > 0)
      return { by, outcome: 'unknown', explanation: `No signature could be checked: ${slices[0]!.problem}` };
    return {
      ...{ by, outcome: 'absent' },
      explanation:
        withProvenance > 0
          ? `${of(withProvenance, all)} carry a provenance of NoduleLab without a signature.`
          : 'There is no signed provenance of NoduleLab.',
    };
  }
  const signers = [...new Set([...valid, ...broken.flatMap(({ publicKey }) => publicKey ?? [])])];
  const whose = signers.map((key) => keyWords(key, known)).join(' and ');
  if (broken.length === 0 && valid.length === all)
    return { by, outcome: 'present', explanation: `The signature fits in ${of(all, all)}: ${whose}.` };
  const parts = [...new Set(broken.flatMap(({ changed }) => changed))].map((part) => {
    const count = broken.filter(({ changed }) => changed.includes(part)).length;
    return `${PART_NAMES[part]} in ${of(count, all)}`;
  });
  const forged = broken.filter(({ changed }) => changed.length === 0).length;
  const unsigned = checks.filter(({ state }) => state === 'absent').length;
  const sentences = [
    ...(parts.length > 0 ? [`Changed after signing: ${parts.join('; ')}.`] : []),
    ...(forged > 0 ? [`The signature of ${of(forged, all)} is not that of its key.`] : []),
    ...(unsigned > 0 ? [`${of(unsigned, all)} carry no signature, the others do.`] : []),
    ...(checks.length < all ? [`${of(all - checks.length, all)} could not be checked.`] : []),
    ...(whose === '' ? [] : [`Signer: ${whose}.`]),
  ];
  const contradicted = broken.length > 0 || unsigned > 0;
  return { by, outcome: contradicted ? 'broken' : 'unknown', explanation: sentences.join(' ') };
}

function keyWords(key: string, known: readonly string[] | undefined): string {
  if (known?.[0] === key) return `the key of this data folder (${keyName(key)})`;
  if (known?.includes(key)) return `a key that this data folder trusts (${keyName(key)})`;
  return `a key that is not known here (${keyName(key)})`;
}

/** @param registered how many edits were compared with; undefined where there is no registry at hand */
export function voxelEvidence(
  slices: readonly SliceProof[],
  matched: readonly MatchedEdit[],
  registered: number | undefined,
): Evidence {
  const by = 'voxels' as const;
  const unread = slices.filter(({ readable }) => !readable);
  const limits =
    'Images that were resampled, compressed with loss or cropped in the plane are not recognised so.';
  const unreadable =
    unread.length === 0
      ? ''
      : ` ${of(unread.length, slices.length)} could not be read: ${unread[0]!.problem}`;
  if (registered === undefined)
    return {
      ...{ by, outcome: 'unknown' },
      explanation:
        'There is no registry to compare voxels with: give the data folder that wrote it (--data).',
    };
  if (matched.length > 0) {
    const edits = new Set(matched.map(({ registered: { fingerprint } }) => fingerprint.edit.huSha256)).size;
    return {
      ...{ by, outcome: 'present' },
      explanation: `The voxels of ${edits === 1 ? 'one registered edit' : `${edits} registered edits`} lie in it, value for value.${unreadable}`,
    };
  }
  if (unread.length === slices.length)
    return { by, outcome: 'unknown', explanation: `No voxel could be read: ${unread[0]!.problem}` };
  return {
    ...{ by, outcome: unread.length > 0 ? 'unknown' : 'absent' },
    explanation: `None of the ${registered} registered ${registered === 1 ? 'edit' : 'edits'} lies in it. ${limits}${unreadable}`,
  };
}

export function verdictOf(evidence: readonly Evidence[], provenance: boolean): VerificationReport['verdict'] {
  const outcome = (by: Evidence['by']): Evidence['outcome'] | undefined =>
    evidence.find((one) => one.by === by)?.outcome;
  if (outcome('signature') === 'broken') return 'altered';
  const speaks = evidence.some((one) => one.outcome === 'present' || one.outcome === 'broken');
  return speaks || provenance ? 'synthetic' : 'no-evidence';
}

const of = (count: number, all: number): string =>
  count === all ? (all === 1 ? 'the slice' : `all ${all} slices`) : `${count} of ${all} slices`;
