/** Short forms for elements of a new data set, by value representation (PS3.5 section 6.2). */
import { NoduleLabError } from '../volume/errors.ts';
import type { Code } from './contentTree.ts';
import type { NewDataSet, NewElement } from './dcmjsFacade.ts';
import { codeItem, plainText } from './provenance.ts';

/** DS: at most 16 characters (PS3.5 Table 6.2-1). */
export function decimalString(value: number): string {
  for (let digits = 15; digits > 0; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  throw new NoduleLabError('invalid-input', `${value} cannot be written as a DICOM decimal string.`);
}

export const ui = (...values: string[]): NewElement => ({ vr: 'UI', values });
export const cs = (...values: string[]): NewElement => ({ vr: 'CS', values });
export const us = (...values: number[]): NewElement => ({ vr: 'US', values });
export const ul = (...values: number[]): NewElement => ({ vr: 'UL', values });
export const ds = (...values: number[]): NewElement => ({ vr: 'DS', values: values.map(decimalString) });
export const is = (value: number): NewElement => ({ vr: 'IS', values: [String(value)] });
export const sq = (...values: NewDataSet[]): NewElement => ({ vr: 'SQ', values });
/** The value is a tag. */
export const at = (tag: string): NewElement => ({ vr: 'AT', values: [Number.parseInt(tag, 16)] });
/** Text in the default repertoire, cut to what the VR holds. */
export const lo = (value: string): NewElement => ({ vr: 'LO', values: [plainText(value, 64)] });
export const sh = (value: string): NewElement => ({ vr: 'SH', values: [plainText(value, 16)] });
/** No backslash either: a UT has one value, but readers split it. */
export const ut = (value: string): NewElement => ({ vr: 'UT', values: [plainText(value, 65_536)] });
/** Letters lose their accents: which others the character set of the source has is not asked. */
export const pn = (value: string): NewElement => ({
  vr: 'PN',
  values: [plainText(value.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('=', ' '), 64)],
});
export const empty = (vr: string): NewElement => ({ vr, values: [] });

/** A code sequence of one item. */
export const coded = ({ value, scheme, meaning }: Code): NewElement => sq(codeItem(value, scheme, meaning));
