/**
 * What was asked for in an edit, as lines `name = value`: parameters of an algorithm, never findings on a patient. The
 * private block of each CT slice has the same without loss of a character.
 */
import type { Edit } from './provenance.ts';

const line = (name: string, value: unknown): string[] =>
  value === undefined || value === null
    ? []
    : [`${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`];

export function editParameters(edit: Edit): string[] {
  const place = [
    ...line('centre, mm LPS', edit.centre),
    ...line('changed box, voxels', [edit.box.min, edit.box.max]),
    ...line('SHA-256 of the new HU of the box', edit.huSha256),
  ];
  if (edit.kind === 'remove')
    return [
      ...line('removed nodule', edit.noduleId),
      ...line('diameter as listed, mm', edit.diameterMm),
      ...line('seed', edit.seed),
      ...line('SHA-256 of the removed region', edit.maskSha256),
      ...place,
    ];
  const { options } = edit;
  return [
    ...line('candidate', edit.candidateId),
    ...line('SHA-256 of the candidate', edit.candidateSha256),
    ...line('model', edit.model?.name),
    ...line('SHA-256 of the model', edit.model?.sha256),
    ...line('seed', edit.seed),
    ...line('index', edit.index),
    ...Object.entries(edit.conditions ?? {}).flatMap(([name, value]) =>
      line(`condition of the model: ${name}, ${name === 'diameter' ? 'mm' : 'points'}`, value),
    ),
    ...line('seed of the blending', edit.blendingSeed),
    ...line('requested diameter, mm', edit.diameterMm),
    ...line('requested mean HU', options.meanHu),
    ...line('requested rotation about L, P, S, degrees', options.rotationDeg),
    ...line('requested setting', options.setting),
    ...Object.entries(edit.details ?? {}).flatMap(([name, value]) => line(`requested ${name}`, value)),
    ...place,
  ];
}
