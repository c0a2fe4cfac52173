// The web site of an agent, on this computer: all that it has is the document whose address is the agent's client_id.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../support/servers.mjs';

/** Starts it; certificate is the file by which it can be known, and asked() says how often the document was fetched. */
export async function startDocument(t, metadata) {
  const directory = await temporaryDirectory(t);
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => path.join(directory, name));
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=Sample Agent', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate]);
  let address, asked = 0;
  const server = createServer({ key: await readFile(key), cert: await readFile(certificate) }, (request, answer) => {
    if (request.url !== '/agent.json') return answer.writeHead(404).end();
    asked++;
    answer.setHeader('Content-Type', 'application/json');
    answer.end(JSON.stringify({ client_id: address, ...metadata }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => { server.closeAllConnections(); server.close(); });
  address = `https://127.0.0.1:${server.address().port}/agent.json`;
  return { address, certificate, asked: () => asked };
}
