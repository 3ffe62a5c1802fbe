import { readFileSync } from 'node:fs';
import type { Diagnostics } from '../diagnostics.js';
import type { CertificateAuthority } from '../options/option-table.js';

/**
 * PEM text of the configured certificate authorities. A file that cannot be read warns and leaves
 * Node's own: the collector's certificate then decides, and a mistake shows as a TLS failure.
 */
export function readCertificates(
  ca: CertificateAuthority | undefined,
  diagnostics: Diagnostics,
): string | undefined {
  if (ca === undefined || ca.kind === 'pem') return ca?.value;
  try {
    return readFileSync(ca.value, 'utf8');
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
    diagnostics.warnOnce(
      'delivery_ca_unreadable',
      `The file of certificate authorities (delivery.ca) cannot be read (${String(code)}); Node's own are used.`,
    );
    return undefined;
  }
}
