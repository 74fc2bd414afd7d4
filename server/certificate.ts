/**
 * A certificate that vouches for itself, for a server within one network.
 *
 * X.509 version 3 (RFC 5280) in DER: every value is a tag, its length and its content, so a certificate is put together from the inside
 * out. The key is on P-256 and signs with SHA-256, which every browser takes.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { groupsOf } from './addresses';

const SEQUENCE = 0x30;
const SET = 0x31;
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BITS = 0x03;
const OCTETS = 0x04;
const IDENTIFIER = 0x06;
const TEXT = 0x0c;
const TIME = 0x17;
/** A field by its number, of a sequence that leaves some out: a value, and one with values in it. */
const field = (number: number) => 0x80 + number;
const fieldOf = (number: number) => 0xa0 + number;

function der(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest >>>= 8) length.unshift(rest & 0xff);
  return Buffer.concat([
    Buffer.from(body.length < 0x80 ? [tag, body.length] : [tag, 0x80 + length.length, ...length]),
    body,
  ]);
}

/** `1.2.840`: the first two numbers in one byte, the others in groups of seven bits. */
function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  const groups = others.map((number) => {
    const bytes = [number & 0x7f];
    for (let rest = number >>> 7; rest > 0; rest >>>= 7) bytes.unshift(0x80 | (rest & 0x7f));
    return bytes;
  });
  return der(IDENTIFIER, Buffer.from([40 * first + second, ...groups.flat()]));
}

/** Without a fraction, and of the years up to 2049. */
const time = (date: Date): Buffer => der(TIME, Buffer.from(`${date.toISOString().slice(2, 19).replace(/\D/g, '')}Z`));

const bits = (unused: number, bytes: Uint8Array): Buffer => der(BITS, Buffer.from([unused]), bytes);

function extension(dotted: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [der(BOOLEAN, Buffer.from([0xff]))] : [];
  return der(SEQUENCE, identifier(dotted), ...flag, der(OCTETS, value));
}

const addressBytes = (address: string): Buffer =>
  Buffer.from(
    isIP(address) === 4
      ? address.split('.').map(Number)
      : groupsOf(address).flatMap((group) => [group >>> 8, group & 0xff]),
  );

const SIGNED_WITH = der(SEQUENCE, identifier('1.2.840.10045.4.3.2')); // ECDSA with SHA-256
const DAY_MS = 24 * 60 * 60_000;
const VALID_DAYS = 365;

/** For a server that is reached under these names and addresses (without ports), from an hour ago for a year. In PEM. */
export function selfSigned(hosts: readonly string[], now = Date.now()): { cert: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, identifier('2.5.4.3'), der(TEXT, Buffer.from('SecFwT in the browser')))),
  );
  const names = hosts.map((host) =>
    isIP(host) ? der(field(7), addressBytes(host)) : der(field(2), Buffer.from(host)),
  );
  // The first byte makes it positive, and of a length that it must keep.
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(15)]);
  const statement = der(
    SEQUENCE,
    der(fieldOf(0), der(INTEGER, Buffer.from([2]))),
    der(INTEGER, serial),
    SIGNED_WITH,
    name,
    der(SEQUENCE, time(new Date(now - DAY_MS / 24)), time(new Date(now + VALID_DAYS * DAY_MS))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      fieldOf(3),
      der(
        SEQUENCE,
        extension('2.5.29.19', der(SEQUENCE), true), // no authority
        extension('2.5.29.15', bits(7, Buffer.from([0x80])), true), // its key signs
        extension('2.5.29.37', der(SEQUENCE, identifier('1.3.6.1.5.5.7.3.1'))), // as a server
        extension('2.5.29.17', der(SEQUENCE, ...names)),
      ),
    ),
  );
  const certificate = der(SEQUENCE, statement, SIGNED_WITH, bits(0, sign('sha256', statement, privateKey)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
