/**
 * The cost model from the command line: rounds, bytes, dealt bytes, ring operations and network time of one forward pass.
 *
 *   npm run cost -- --shape layers=12,hidden=768,heads=12,ff=3072,frequencies=64 --tokens 32 --sequences 16
 *   npm run cost -- --model public/models/tiny --tokens 24 --sequences 128 --candidates 8 --json
 */

import { formatBytes, formatCount, main } from './command-line';
import { type CostReport, costReports } from './cost-report';

const HELP = `Exact cost of one forward pass under MPC.

  --shape layers=L,hidden=D,heads=H,ff=F,frequencies=M   a model by its shape (default: RoBERTa-large)
  --model FOLDER              a model in a folder, or of the hub by its name; one that is not calibrated by typical ranges
  --tokens N                  padded length of a sequence (default 512; with --model 24)
  --sequences N               sequences in the batch (default 1)
  --candidates N              prompts (of as many tokens as stand between the first one and the answer), each before all of
                              sequences / N texts (default: every sequence has a prompt of its own)
  --answer N                  position that is read (default 6)
  --words N                   label words (default 2)
  --attention rfa|softmax     of a shape (default: both, side by side)
  --bandwidth 100Mbit         of every connection, each way (default 100Mbit)
  --latency 80ms              one way (default 10ms)
  --json                      a list of reports`;

main(HELP, async () => {
  const args = process.argv.slice(2);
  const reports = await costReports(
    args.filter((arg) => arg !== '--json'),
    (line) => console.error(line),
  );
  if (args.includes('--json')) {
    console.log(JSON.stringify(reports, null, 2));
    return;
  }
  for (const report of reports) printOperations(report);
  if (reports.length > 1) printSideBySide(reports);
});

const printLine = (name: string, cells: string[]) =>
  console.log(name.padEnd(28) + cells.map((cell) => cell.padStart(16)).join(''));

function printOperations(report: CostReport): void {
  const { model, sequences, candidates, tokens, attention, calibrated, byOperation } = report;
  const batch = candidates ? `${candidates} candidates × ${sequences / candidates} texts` : String(sequences);
  console.log(`${model}: ${batch} × ${tokens} tokens, ${nameOf(attention)}${calibrated ? '' : ', typical ranges'}\n`);
  printLine('', ['rounds', 'to model', 'known ahead', 'to data', 'dealt', 'operations']);
  for (const [name, { rounds, bytes, operations }] of [...Object.entries(byOperation), ['together', report] as const]) {
    const cells = [bytes.toModelOwner, bytes.knownAhead, bytes.toDataOwner, bytes.dealt].map(formatBytes);
    printLine(name, [rounds ? String(rounds) : '', ...cells, formatCount(operations)]);
  }
  const { setup, memory, conditions, seconds, ahead } = report;
  console.log(`\nOnce a run: ${formatBytes(setup.toDataOwner)} of masked matrices to the data owner.`);
  console.log(
    `Memory of either side: ${formatBytes(memory.matrices + memory.pass)}, of it ${formatBytes(memory.matrices)} matrices.`,
  );
  const { bandwidth, latency } = conditions;
  console.log(
    `Prepared ahead: ${formatBytes(ahead.toModelOwner)} to the model owner, ${formatBytes(ahead.toDataOwner)} to the data owner; ${formatBytes(ahead.kept)} on the model owner's disk.`,
  );
  console.log(
    `On ${bandwidth} with ${latency} one way: ${seconds.toFixed(2)} s on the network, ${ahead.seconds.toFixed(2)} s prepared ahead.\n`,
  );
}

/** One line a figure, one column an attention. */
function printSideBySide(reports: readonly CostReport[]): void {
  printLine(
    '',
    reports.map(({ attention }) => nameOf(attention)),
  );
  const rows: [string, (report: CostReport) => string][] = [
    ['rounds', ({ rounds }) => String(rounds)],
    ['turns', ({ turns }) => String(turns)],
    ['between the parties', ({ bytes }) => formatBytes(bytes.toModelOwner + bytes.toDataOwner)],
    ['of it known ahead', ({ bytes }) => formatBytes(bytes.knownAhead)],
    ['dealt', ({ bytes }) => formatBytes(bytes.dealt)],
    ['masked matrices, once', ({ setup }) => formatBytes(setup.toDataOwner)],
    ['memory of either side', ({ memory }) => formatBytes(memory.matrices + memory.pass)],
    ['seconds on the network', ({ seconds }) => seconds.toFixed(2)],
    ['prepared ahead, between them', ({ ahead }) => formatBytes(ahead.toModelOwner + ahead.toDataOwner)],
    ['seconds prepared ahead', ({ ahead }) => ahead.seconds.toFixed(2)],
  ];
  for (const [name, figure] of rows) printLine(name, reports.map(figure));
}

const nameOf = (attention: CostReport['attention']): string => (attention === 'rfa' ? 'random features' : attention);
