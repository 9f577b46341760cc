import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { CASES } from '../unit/tensor/cases.ts';
import { vulkanEnvironment } from '../support/vulkan.ts';

const ROOT = join(import.meta.dirname, '../..');
const env = vulkanEnvironment();

/** Undefined where WebGPU finds a device. */
function missing(): string | undefined {
  const probe = join(ROOT, 'server/src/engine/probeProcess.ts');
  const answer = execFileSync(process.execPath, [probe, 'onnx-webgpu'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const report = z
    .object({ available: z.boolean(), reason: z.string() })
    .parse(JSON.parse(answer.toString()));
  return report.available ? undefined : report.reason;
}

const reason = missing();
const onVulkan = reason === undefined ? describe : describe.skip;

const reportSchema = z.object({
  cases: z.record(z.string(), z.number()),
  session: z.object({
    before: z.array(z.number()),
    failure: z.string(),
    n: z.array(z.number()),
    idle: z.array(z.number()),
  }),
  trainings: z.object({ plain: z.number(), grown: z.number() }),
  sample: z.number(),
});

onVulkan(
  `the engine onnx-webgpu on a Vulkan device${reason === undefined ? '' : ` (none here: ${reason})`}`,
  () => {
    let report: z.infer<typeof reportSchema>;
    // One process computes everything: a device in software has no hurry.
    beforeAll(async () => {
      const script = join(ROOT, 'test/support/webGpuRun.ts');
      const { stdout } = await promisify(execFile)(process.execPath, [script], { env });
      report = reportSchema.parse(JSON.parse(stdout));
    }, 600_000);

    test('computes every operation, its derivative and its second derivative as the float64 reference does', () => {
      const { cases } = report;
      expect(Object.keys(cases)).toEqual(CASES.map(({ name }) => name));
      expect(Object.entries(cases).filter(([, distance]) => !(distance < 2e-5))).toEqual([]);
    });

    test('keeps the state of a session from run to run, also when a run fails', () => {
      const { session } = report;
      expect(session).toMatchObject({ before: [1, 2], n: [88, 96], idle: [7, 8, 9] });
      expect(session.failure).toContain('The input by needs 1 values');
    });

    test('trains to the weights of onnx-cpu', () => {
      const { trainings } = report;
      expect(Math.max(trainings.plain, trainings.grown)).toBeLessThan(1e-5);
    });

    test('samples the images of onnx-cpu', () => {
      expect(report.sample).toBeLessThan(1e-5);
    });
  },
);
