import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
export function registerSheet(_dataset: Command, _context: () => CommandContext): void {}
