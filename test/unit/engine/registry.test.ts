import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { EngineReport } from '../../../server/src/engine/engine.ts';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { probe, probeApart } from '../../../server/src/engine/probe.ts';
import { ENGINE_NAMES, openEngine, probeEngines } from '../../../server/src/engine/registry.ts';

let reports: EngineReport[];
beforeAll(async () => {
  reports = await probeEngines();
});

describe('the choice of an engine', () => {
  test('is onnx-cpu without a wish, and says what it runs on', async () => {
    const { engine, reason } = await openEngine(undefined, { threads: 1 });
    expect(engine.name).toBe('onnx-cpu');
    expect(reason).toMatch(/^ONNX Runtime on 1 CPU thread, version 1\.\d+\.\d+$/);
  });

  test('by auto takes CUDA where it works, else the default, and says which and why', async () => {
    const cuda = reports.find(({ name }) => name === 'onnx-cuda')!;
    const { engine, reason } = await openEngine('auto');
    expect(engine.name).toBe(cuda.available ? 'onnx-cuda' : 'onnx-cpu');
    expect(reason).toContain(cuda.available ? 'found by auto' : `auto found no CUDA: ${cuda.reason}`);
  });

  describe('that is not available', () => {
    const drivers = process.env['VK_ICD_FILENAMES'];
    afterEach(() => {
      if (drivers === undefined) delete process.env['VK_ICD_FILENAMES'];
      else process.env['VK_ICD_FILENAMES'] = drivers;
    });

    test('is refused with the reason, what to do, and what there is instead', async () => {
      process.env['VK_ICD_FILENAMES'] = '/there/is/no/driver.json';
      const refused = openEngine('onnx-webgpu');
      await expect(refused).rejects.toMatchObject({
        kind: 'unusable',
        details: { engine: 'onnx-webgpu', available: expect.arrayContaining(['onnx-cpu', 'onnx-wasm']) },
      });
      await expect(refused).rejects.toThrow(
        /onnx-webgpu is not available here: .+adapter.+ needs a GPU .+--engine/,
      );
    });
  });
});

describe('the probe', () => {
  test('reports every engine with its version and what it runs on, or what to do', () => {
    expect(reports.map(({ name }) => name)).toEqual(ENGINE_NAMES);
    for (const { name, available, version, reason } of reports) {
      if (name === 'onnx-cpu' || name === 'onnx-wasm') expect(available).toBe(true);
      if (available) expect(version).toMatch(/^\d+\.\d+\.\d+/);
      expect(reason).not.toBe('');
      expect(reason.split('\n').length).toBe(1);
    }
  });

  test('does not call an engine available that computes wrongly', async () => {
    const cpu = onnxCpuEngine({ threads: 1 });
    const wrong = {
      ...cpu,
      async compile(program: Parameters<typeof cpu.compile>[0]) {
        const executable = await cpu.compile(program);
        return {
          ...executable,
          async run(feeds: Parameters<typeof executable.run>[0]) {
            const results = await executable.run(feeds);
            results['transpose']![3]! += 1;
            return results;
          },
        };
      },
    };
    const known = { kind: 'a test', packages: ['onnxruntime-node'], remedy: 'mend it' };
    expect(await probe(cpu, known)).toMatchObject({ available: true, reason: 'a test' });
    expect(await probe(wrong, known)).toMatchObject({
      available: false,
      reason: 'it computes transpose wrongly; mend it',
    });
  });

  test('survives an engine that takes its process down', async () => {
    expect(await probeApart('no-such-engine')).toMatchObject({
      name: 'no-such-engine',
      available: false,
      reason: expect.stringContaining('ended (exit code 1)'),
    });
  });
});
