/**
 * Research only: many programs ignore Synthetic Data (0008,001C), so a synthetic series must never stand among a real
 * patient's images. Writing is allowed for de-identified hosts, or where the archive is declared a research archive.
 */
export type WriteBackDecision =
  { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** @param config researchArchive: the operator's declaration that the archive holds research data only */
export function mayWriteBack(
  series: { readonly patientIdentityRemoved: boolean },
  config: { readonly researchArchive: boolean },
): WriteBackDecision {
  if (series.patientIdentityRemoved || config.researchArchive) return { allowed: true };
  return {
    allowed: false,
    reason:
      'The host CT is not marked as de-identified (Patient Identity Removed, 0012,0062, is not YES), so no synthetic series is written for it. ' +
      'De-identify the study first, or declare the archive a research archive (--research-archive).',
  };
}
