/**
 * Two parties and the server of jiff-mpc on this machine, every line through a relay that counts bytes and rounds:
 *
 *   node jiff.mjs FOLDER <steps.json
 *
 * FOLDER has node_modules/jiff-mpc; standard input a list of steps, { products } (numbers multiplied and added up for an element) or
 * { polynomial } (coefficients of 1, y = x², y², and of x), each with its `elements`, `repeats` and `values`. Prints a line of JSON for
 * each: { seconds, bytes, rounds, results }. A program of its own, because the library is none of this project's.
 */
import { readFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { connect, createServer as createLine } from 'node:net';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const jiff = createRequire(join(folder, 'package.json'))('jiff-mpc');

/** A prime with room for four digits before the point, four behind it, four more in a product, and a comparison with its half. */
const FIXED_POINT = { Zp: '10000000000037', decimal_digits: 4, integer_digits: 4, warn: false };
/** Milliseconds in which nobody said anything: all wait. Everybody is in this one process, so it is busy until then. */
const QUIET = 4;

const listen = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

const http = createServer();
new jiff.JIFFServer(http, { logs: false, socketOptions: { maxHttpBufferSize: 1e9 } }).apply_extension(
  jiff.JIFFServerBigNumber,
);
const port = await listen(http);

let bytes = 0;
/** What is said waits until nobody says any more, and is then delivered at once: a wave. Undefined: nothing waits. */
let held;
let waves = 0;
let timer;
function deliver() {
  const due = held;
  held = [];
  waves++;
  for (const [to, data] of due) to.write(data);
}
/** What comes at one end leaves at the other. */
function relay(from, to) {
  from.on('data', (data) => {
    bytes += data.length;
    if (!held) {
      to.write(data);
      return;
    }
    held.push([to, data]);
    clearTimeout(timer);
    timer = setTimeout(deliver, QUIET);
  });
  for (const event of ['close', 'error']) from.on(event, () => to.destroy());
}
const lines = createLine((near) => {
  const far = connect(port, '127.0.0.1').setNoDelay();
  near.setNoDelay();
  relay(near, far);
  relay(far, near);
});
const address = `http://127.0.0.1:${await listen(lines)}`;

const party = () =>
  new Promise((resolve, reject) => {
    const client = new jiff.JIFFClient(address, 'benchmark', {
      party_count: 2,
      crypto_provider: true,
      autoConnect: false,
      onConnect: resolve,
      onError: (_, error) => reject(new Error(error)),
    });
    client.apply_extension(jiff.JIFFClientBigNumber, {});
    client.apply_extension(jiff.JIFFClientFixedpoint, FIXED_POINT);
    client.apply_extension(jiff.JIFFClientNegative, {});
    client.connect();
  });

/** Σ xᵢ·yᵢ: cut back to four digits once, behind the sum, as the library does it behind every product. */
function product(xs, ys) {
  const sum = xs.map((x, i) => x.smult(ys[i], null, false)).reduce((a, b) => a.sadd(b));
  const magnitude = sum.jiff.helpers.magnitude(sum.jiff.decimal_digits);
  // Negative numbers are shifted, and by more where there are more digits.
  const shift = magnitude.times(sum.jiff.offset);
  return sum.icadd(shift.times(magnitude).minus(shift)).legacy.cdiv(magnitude);
}

const polynomial = (x, [c0, c1, c2, linear]) => {
  const y = x.smult(x);
  const even = y.cmult(c2).cadd(c1).smult(y).cadd(c0);
  return linear ? even.sadd(x.cmult(linear)) : even;
};

/** The first party has the left operands, the second the right ones. */
async function shared(client, values) {
  const [left, right] = values;
  const mine = client.id === 1 ? left : right;
  return Promise.all(
    left.map(async (_, i) => {
      const shares = client.share(mine?.[i] ?? 0);
      await Promise.all([shares[1].value, shares[2].value]);
      return shares;
    }),
  );
}

async function once(parties, step) {
  const inputs = await Promise.all(parties.map((client) => shared(client, step.values)));
  const before = bytes;
  const began = performance.now();
  const results = await Promise.all(
    parties.map((client, p) => {
      const shares = inputs[p];
      const outputs = Array.from({ length: step.elements }, (_, e) => {
        if (step.polynomial) return polynomial(shares[e][1], step.polynomial);
        const some = shares.slice(e * step.products, (e + 1) * step.products);
        return product(
          some.map((each) => each[1]),
          some.map((each) => each[2]),
        );
      });
      return Promise.all(outputs.map((share) => client.open(share)));
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  return { seconds, bytes: bytes - before, results: results[0].map(Number) };
}

// The library tells the console that it is connected.
console.log = () => {};
const parties = await Promise.all([party(), party()]);
for (const step of JSON.parse(readFileSync(0, 'utf8'))) {
  const runs = [];
  for (let i = 0; i < step.repeats; i++) runs.push(await once(parties, step));
  held = [];
  waves = 0;
  await once(parties, step);
  held = undefined;
  // From party to party by the server, behind the wave that shared the operands.
  const rounds = Math.ceil((waves - 2) / 2);
  const { bytes: said, results } = runs[0];
  writeSync(1, `${JSON.stringify({ seconds: runs.map(({ seconds }) => seconds), bytes: said, rounds, results })}\n`);
}
process.exit();
