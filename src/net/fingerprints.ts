/** Which certificates a connection between two browsers was made with. */

/** SHA-256 of both sides' certificates, 32 bytes each. */
export interface Fingerprints {
  own: Uint8Array;
  other: Uint8Array;
}

/**
 * Of a connection whose channel is open: the browser has held the other side to what its description says. Rejects with FingerprintError.
 */
export async function fingerprintsOf(connection: RTCPeerConnection): Promise<Fingerprints> {
  // A channel may open a moment before the page is told that the answer was taken.
  while (connection.signalingState.startsWith('have-'))
    await new Promise((resolve) => connection.addEventListener('signalingstatechange', resolve, { once: true }));
  const { localDescription, remoteDescription } = connection;
  return { own: fingerprintIn(localDescription?.sdp ?? ''), other: fingerprintIn(remoteDescription?.sdp ?? '') };
}

/**
 * The one fingerprint in a session description (RFC 8122). A description with several is refused: browsers do not agree on which of them a
 * certificate has to have.
 */
export function fingerprintIn(description: string): Uint8Array {
  const found = description.matchAll(/^a=fingerprint:(\S+) (\S+)\s*$/gim);
  const distinct = new Set(Array.from(found, ([, hash, digits]) => `${hash} ${digits}`.toLowerCase()));
  const [only = ''] = distinct;
  const digits = /^sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/.exec(only)?.[1];
  if (distinct.size !== 1 || !digits)
    throw new FingerprintError(
      'The connection’s certificate has no single SHA-256 fingerprint. Use a current version of the browser on both sides.',
    );
  return Uint8Array.from(digits.split(':'), (pair) => Number.parseInt(pair, 16));
}

export class FingerprintError extends Error {
  override name = 'FingerprintError';
}
