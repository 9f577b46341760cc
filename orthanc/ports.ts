/** Free TCP ports for a server that listens on all interfaces. */
import { createServer } from 'node:net';

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.unref();
    probe.once('error', () => resolve(undefined));
    probe.listen({ port, host: '0.0.0.0', exclusive: true }, () => {
      const address = probe.address();
      const taken = typeof address === 'object' && address !== null ? address.port : undefined;
      probe.close(() => resolve(taken));
    });
  });
}

/** The preferred port where it is free, else one that the system picks. */
export async function freePort(preferred?: number): Promise<number> {
  const port = (preferred === undefined ? undefined : await tryPort(preferred)) ?? (await tryPort(0));
  if (port === undefined) throw new Error('This machine has no free TCP port.');
  return port;
}
