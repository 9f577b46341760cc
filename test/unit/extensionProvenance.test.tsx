import { describe, expect, test } from '@jest/globals';
import { SeriesProvenance } from '@nodulelab/contract';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderToStaticMarkup } from 'react-dom/server';
import { Origin, ProvenanceCard, type ProvenanceProps } from '../../extension/src/panel/ProvenanceCard.tsx';
import { Origins } from '../../extension/src/service/provenance.ts';
import {
  originLine,
  signatureOf,
  type SyntheticProvenance,
} from '../../extension/src/state/provenanceWords.ts';
import { desk, settled } from '../support/extensionDesk.ts';

const golden = (name: string): SeriesProvenance =>
  SeriesProvenance.parse(
    JSON.parse(readFileSync(join(import.meta.dirname, `contract/golden/${name}.json`), 'utf8')),
  );
const synthetic = golden('SeriesProvenance.synthetic') as SyntheticProvenance;
const original = golden('SeriesProvenance.original');
const looked = synthetic.verification!;
const signedAs = (outcome: 'present' | 'absent' | 'broken' | 'unknown'): SyntheticProvenance => ({
  ...synthetic,
  verification: {
    ...looked,
    evidence: [...looked.evidence, { by: 'signature', outcome, explanation: 'The key says so.' }],
  },
});

const service = {} as ProvenanceProps['service'];
const textOf = (html: string): string => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
const card = (provenance: SeriesProvenance): string =>
  renderToStaticMarkup(<ProvenanceCard service={service} provenance={provenance} />);

describe('the card of a synthetic series', () => {
  test('tells what was edited, by which generator, with which seed, from which source and when', () => {
    const text = textOf(card(synthetic));
    expect(text).toContain('Nodule of 11.9 mm inserted');
    expect(text).toContain('Generator malignant-64, seed 7, candidate 1.');
    expect(text).toContain('SHA-256 cccccccccccc');
    expect(text).toMatch(/Original CHEST/);
    expect(text).toMatch(/Written .*2026.* by NoduleLab 0\.9\.0/);
  });

  test('leads to its source and to what was made of it', () => {
    const html = card(synthetic);
    expect(html).toContain('data-testid="open-source"');
    expect(html.match(/data-testid="open-made"/g)).toHaveLength(1);
    const away = { ...synthetic, source: { ...synthetic.source!, inArchive: false } };
    expect(card(away)).not.toContain('data-testid="open-source"');
    expect(textOf(card(away))).toContain('(not in the archive)');
    const nameless = { ...synthetic, source: { ...synthetic.source!, description: '' } };
    expect(textOf(card(nameless))).toMatch(/Original CT without a description/);
  });

  test.each([
    ['present', 'valid'],
    ['broken', 'not valid'],
    ['absent', 'none'],
    ['unknown', 'not checked'],
  ] as const)('says of a signature that is %s: %s', (outcome, word) => {
    expect(signatureOf(signedAs(outcome)).word).toBe(word);
    expect(textOf(card(signedAs(outcome)))).toContain(
      `${word} The key says so. 5 of 133 slices were looked at.`,
    );
  });

  test('warns of a series that was changed after it was signed', () => {
    const altered = { ...signedAs('broken'), verification: { ...looked, verdict: 'altered' as const } };
    expect(textOf(card(altered))).toContain('Changed after it was signed: do not rely on it.');
    expect(textOf(card(signedAs('present')))).not.toContain('do not rely on it');
  });

  test('tells what is known of one that was not written here', () => {
    const foreign: SyntheticProvenance = {
      ...synthetic,
      ...{ registered: false, source: null, edits: null, writtenAt: null, codeVersion: null },
      ...{ verification: null, madeOfIt: [] },
    };
    const text = textOf(card(foreign));
    expect(text).toContain('Not written here');
    expect(text).toContain('Its edits were not recorded whole.');
    expect(text).toMatch(/Original not named/);
    expect(text).toMatch(/Signature not checked/);
  });
});

describe('the line about a series', () => {
  test('is there for a synthetic one and for one that something was made of, and else not', () => {
    expect(originLine(synthetic)).toBe('1 synthetic lung nodule inserted.');
    const plain = { ...original, madeOfIt: [] };
    expect(originLine(plain)).toBeNull();
    expect(originLine({ ...plain, madeOfIt: synthetic.madeOfIt })).toBe(
      'One synthetic series was made of this CT.',
    );
    const html = renderToStaticMarkup(<Origin service={service} provenance={synthetic} />);
    expect(html).toContain('aria-expanded="false"');
    expect(renderToStaticMarkup(<Origin service={service} provenance={plain} />)).toBe('');
    expect(renderToStaticMarkup(<Origin service={service} provenance={null} />)).toBe('');
  });
});

describe('where the CT on the screen comes from', () => {
  test('is asked of the server, and asked again when a series is written in this study', async () => {
    const { desk: given, requests } = desk();
    const origins = new Origins(given);
    void origins.load();
    await settled();
    expect(requests.map(({ what }) => what)).toEqual(['GET /api/series/1.2/provenance']);
    requests[0]!.answer(200, original);
    await settled();
    expect(given.store.get().provenance).toEqual(original);
    const written = {
      type: 'series-created',
      seriesInstanceUID: '1.3',
      sourceSeriesInstanceUID: '1.2',
    } as const;
    origins.onEvent({ ...written, studyInstanceUID: '9' });
    origins.onEvent({ ...written, studyInstanceUID: '1' });
    await settled();
    expect(requests).toHaveLength(2);
  });

  test('of two questions the later one counts, and a failure that nobody asked about stays quiet', async () => {
    const { desk: given, requests } = desk();
    const origins = new Origins(given);
    void origins.load();
    void origins.load();
    await settled();
    requests[1]!.answer(422, {});
    requests[0]!.answer(200, original);
    await settled();
    expect(given.store.get().provenance).toBeNull();
    expect(given.store.get().error).toBeNull();
  });

  test('one click opens the source at the place that is looked at', async () => {
    const { desk: given, calls } = desk();
    await new Origins(given).open('1.9');
    expect(calls).toEqual(['discover 1 1.9', 'open 1.9']);
  });
});
