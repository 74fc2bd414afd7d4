/** The server in a process of its own, which can be killed, stopped and started again under the same address. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export function spawnServer(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', 'server/main.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, PORT: '' },
  });
}

export class ServerProcess {
  private constructor(
    public process: ChildProcess,
    readonly port: number,
  ) {}

  /** Resolves once it says where it is. Throws Error with what it said instead. */
  static async start(args: readonly string[] = ['--port', '0']): Promise<ServerProcess> {
    const { child, port } = await launch(args);
    return new ServerProcess(child, port);
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }

  /** After `kill`: again, at the same port. */
  async restart(): Promise<void> {
    this.process = (await launch(['--port', String(this.port)])).child;
  }

  close(): Promise<void> {
    return this.kill();
  }
}

async function launch(args: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = spawnServer(args);
  let output = '';
  for await (const data of child.stdout!.iterator({ destroyOnReturn: false })) {
    output += data;
    const match = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(output);
    if (match) return { child, port: Number(match[1]) };
  }
  throw new Error(`the server said: ${output}`);
}
