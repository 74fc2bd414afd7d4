/** What the server shows of itself over https: a certificate that it is given, or one that it makes. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createSecureContext } from 'node:tls';
import { ownAddresses } from './addresses';
import { selfSigned } from './certificate';
import { OptionError, type ServerOptions } from './options';

export interface Identity {
  cert: string;
  key: string;
  /** SHA-256 of the certificate, as browsers show it. */
  fingerprint: string;
}

/** Throws OptionError, naming the file, for one that cannot be read or does not fit. */
export function identityOf({ tls, host }: ServerOptions): Identity | undefined {
  if (!tls) return undefined;
  const { cert, key } =
    tls === 'self-signed' ? selfSigned(hostsOf(host)) : { cert: read(tls.cert), key: read(tls.key) };
  try {
    createSecureContext({ cert, key });
    return { cert, key, fingerprint: new X509Certificate(cert).fingerprint256 };
  } catch (error) {
    const names = tls === 'self-signed' ? 'the certificate made here' : `${tls.cert} and ${tls.key}`;
    throw new OptionError(
      `${names}: no certificate in PEM and the key that belongs to it (${(error as Error).message})`,
    );
  }
}

/** Under which names and addresses the server may be reached. */
const hostsOf = (host: string): string[] => [
  ...new Set(['localhost', hostname(), '127.0.0.1', '::1', host, ...ownAddresses()]),
];

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new OptionError(`${path} cannot be read: ${(error as Error).message}`);
  }
}
