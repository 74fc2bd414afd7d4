/** Keystreams printed in RFC 8439, appendix A.1: the test vectors with block counter 0 start a stream. */

const words = (hex: string) => {
  const bytes = Uint8Array.from(hex.replace(/\s/g, '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  return new Uint32Array(bytes.buffer);
};

const zeroKeyBlocks = `
  76 b8 e0 ad a0 f1 3d 90 40 5d 6a e5 53 86 bd 28 bd d2 19 b8 a0 8d ed 1a a8 36 ef cc 8b 77 0d c7
  da 41 59 7c 51 57 48 8d 77 24 e0 3f b8 d8 4a 37 6a 43 b8 f4 15 18 a1 1c c3 87 b6 69 b2 ee 65 86
  9f 07 e7 be 55 51 38 7a 98 ba 97 7c 73 2d 08 0d cb 0f 29 a0 48 e3 65 69 12 c6 53 3e 32 ee 7a ed
  29 b7 21 76 9c e6 4e 43 d5 71 33 b0 74 d8 39 d5 31 ed 1f 28 51 0a fb 45 ac e1 0a 1f 4b 79 4d 6f`;

export const keystreamVectors: { name: string; key: Uint32Array; nonce: Uint32Array; words: Uint32Array }[] = [
  {
    name: 'vectors 1 and 2 (blocks 0 and 1)',
    key: new Uint32Array(8),
    nonce: new Uint32Array(3),
    words: words(zeroKeyBlocks),
  },
  {
    name: 'vector 5',
    key: new Uint32Array(8),
    nonce: words('00 00 00 00 00 00 00 00 00 00 00 02'),
    words: words(`
      c2 c6 4d 37 8c d5 36 37 4a e2 04 b9 ef 93 3f cd 1a 8b 22 88 b3 df a4 96 72 ab 76 5b 54 ee 27 c7
      8a 97 0e 0e 95 5c 14 f3 a8 8e 74 1b 97 c2 86 f7 5f 8f c2 99 e8 14 83 62 fa 19 8a 39 53 1b ed 6d`),
  },
];
