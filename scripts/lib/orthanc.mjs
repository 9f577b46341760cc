// Makes sure that an Orthanc with the DICOMweb plugin can be started: the one on this machine, one from Debian's
// packages, or a container.
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { canInstall, installPackages } from './debianPackages.mjs';
import { askProject, ROOT, runQuietly, succeeds } from './processes.mjs';
import { Stop, agreed, step } from './terminal.mjs';

const IMAGE = 'orthancteam/orthanc:25.12.3';

/** The project's own search: what is missing, and a sentence about it. */
export const searchOrthanc = () =>
  askProject(
    `import { findOrthanc } from ${JSON.stringify(`${ROOT}/orthanc/findOrthanc.ts`)};
     process.stdout.write(JSON.stringify(findOrthanc()));`,
  );

/**
 * @returns {Promise<{ env: Record<string, string>, stop: () => Promise<void> }>} what `nodulelab serve` needs in its
 * environment (nothing where it starts Orthanc itself), and what to do after it ended
 */
export async function ensureOrthanc() {
  const nothing = { env: {}, stop: async () => {} };
  const search = await searchOrthanc();
  if (search.found) return nothing;
  if (canInstall()) {
    await installPackages(
      search.missing,
      'NoduleLab needs the image archive Orthanc with its DICOMweb plugin.',
    );
    const again = await searchOrthanc();
    if (again.found) return nothing;
    throw new Stop(again.message);
  }
  if (succeeds('docker', ['info'])) {
    if (!(await agreed(`Orthanc is not on this machine. Run it in a container (${IMAGE})?`)))
      throw new Stop(search.message);
    return startContainer();
  }
  throw new Stop(search.message);
}

/** Orthanc in a container that is gone after use; its data stays in a volume. */
async function startContainer() {
  const name = `nodulelab-orthanc-${process.pid}`;
  const port = await freePort();
  const password = randomBytes(24).toString('base64url');
  // Values go by the environment of the client: on the command line every user of the machine could read them.
  const env = {
    ...process.env,
    ORTHANC__REGISTERED_USERS: JSON.stringify({ nodulelab: password }),
    ORTHANC__AUTHENTICATION_ENABLED: 'true',
    ORTHANC__OVERWRITE_INSTANCES: 'false',
    ORTHANC__DICOM_SERVER_ENABLED: 'false',
    DICOM_WEB_PLUGIN_ENABLED: 'true',
  };
  const settings = Object.keys(env).filter(
    (key) => key.startsWith('ORTHANC__') || key.startsWith('DICOM_WEB'),
  );
  const failure = `The container did not start. Try: docker run --rm ${IMAGE}`;
  await step(`Starting Orthanc in a container (${IMAGE})`, async () => {
    await runQuietly(
      'docker',
      [
        ...['run', '--detach', '--rm', '--name', name, '--publish', `127.0.0.1:${port}:8042`],
        ...['--volume', 'nodulelab-orthanc:/var/lib/orthanc/db'],
        ...settings.flatMap((key) => ['--env', key]),
        IMAGE,
      ],
      { env, failure },
    );
    const authorization = `Basic ${Buffer.from(`nodulelab:${password}`).toString('base64')}`;
    for (let attempt = 0; ; attempt++) {
      const answer = await fetch(`http://127.0.0.1:${port}/system`, { headers: { authorization } }).catch(
        () => null,
      );
      if (answer?.ok) return;
      if (attempt === 120) throw new Stop(failure);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  });
  return {
    env: { NODULELAB_ORTHANC: `http://nodulelab:${password}@127.0.0.1:${port}` },
    stop: async () => {
      await runQuietly('docker', ['stop', name], {
        failure: `The container is still there: docker stop ${name}`,
      });
    },
  };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
