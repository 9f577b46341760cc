/** A thread that reads annotation files one after another; archiveThreads.ts is the other end. */
import { parentPort } from 'node:worker_threads';
import { readArchiveFile, type ArchiveFile } from './archiveFile.ts';

const port = parentPort;
if (port === null) throw new Error('archiveThread.ts runs as a worker thread only');

// What fails here ends the thread, and the other end tells of it.
port.on('message', (file: ArchiveFile) => {
  void readArchiveFile(file).then((summary) => {
    port.postMessage(summary);
  });
});
