import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';

/**
 * What a server has to prove, and by whom: `ca` is PEM text of certificate authorities, `undefined`
 * for Node's own. A host that is an address cannot be asked for by name in TLS.
 */
export function trustIn(host: string, ca: string | undefined): ConnectionOptions {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return { host, ...servername, ALPNProtocols: ['http/1.1'], ...(ca === undefined ? {} : { ca }) };
}
