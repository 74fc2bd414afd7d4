/**
 * The cost model from the command line: rounds, bytes, dealt bytes, ring operations and network time of one forward pass.
 *
 *   npm run cost -- --shape layers=24,hidden=1024,heads=16,ff=4096,frequencies=64 --tokens 512 --sequences 1
 *   npm run cost -- --model public/models/tiny --tokens 24 --sequences 128 --json
 */

import { formatBytes, formatCount, main } from './command-line';
import { costReport } from './cost-report';

const HELP = `Exact cost of one forward pass under MPC.

  --shape layers=L,hidden=D,heads=H,ff=F,frequencies=M   a model by its shape (default: RoBERTa-large)
  --model FOLDER              a model by its config.json instead
  --tokens N                  padded length of a sequence (default 512; with --model 24)
  --sequences N               sequences in the batch (default 1)
  --answer N                  position that is read (default 6)
  --words N                   label words (default 2)
  --attention rfa|softmax     (default rfa)
  --bandwidth 100Mbit         of every connection, each way (default 100Mbit)
  --latency 80ms              one way (default 10ms)
  --json`;

main(HELP, () => {
  const args = process.argv.slice(2);
  const report = costReport(args.filter((arg) => arg !== '--json'));
  if (args.includes('--json')) {
    console.log(JSON.stringify(report, null, 2));
    return;
  }
  console.log(`${report.model}: ${report.sequences} × ${report.tokens} tokens, ${report.attention} attention\n`);
  const line = (name: string, cells: string[]) =>
    console.log(name.padEnd(12) + cells.map((cell) => cell.padStart(16)).join(''));
  line('', ['rounds', 'to model', 'to data', 'dealt', 'operations']);
  for (const [name, { rounds, bytes, operations }] of [
    ...Object.entries(report.byOperation),
    ['together', report] as const,
  ]) {
    const cells = [bytes.toModelOwner, bytes.toDataOwner, bytes.dealt].map(formatBytes);
    line(name, [rounds ? String(rounds) : '', ...cells, formatCount(operations)]);
  }
  console.log(`\nOnce a run: ${formatBytes(report.setup.toDataOwner)} of masked matrices to the data owner.`);
  const { bandwidth, latency } = report.conditions;
  console.log(`On ${bandwidth} with ${latency} one way: ${report.seconds.toFixed(2)} s on the network.`);
});
