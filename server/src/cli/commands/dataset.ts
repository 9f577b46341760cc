import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { integer, positive } from '../options.ts';
import { table } from '../output.ts';

interface BuildOptions {
  readonly vois: string;
  readonly xml?: string;
  readonly class: 'malignant' | 'benign' | 'all';
  readonly form: 'isolated' | 'context';
  readonly mm?: number;
  readonly minDiameter: number;
  readonly fold: 'train' | 'test';
  readonly splitSeed: number;
  readonly out: string;
}
