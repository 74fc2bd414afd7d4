import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findBrowser, findFirefox } from '../../tools/ensure.mjs';

const ENSURE = fileURLToPath(new URL('../../tools/ensure.mjs', import.meta.url));

afterEach(() => vi.unstubAllEnvs());

describe('ensure', () => {
  it('takes the browser that the environment names, if it is there', () => {
    vi.stubEnv('CHROMIUM_PATH', process.execPath);
    expect(findBrowser()).toBe(process.execPath);
    vi.stubEnv('CHROMIUM_PATH', '/no/such/program');
    vi.stubEnv('CHROME_PATH', process.execPath);
    expect(findBrowser()).toBe(process.execPath);
    vi.stubEnv('FIREFOX_PATH', process.execPath);
    expect(findFirefox()).toBe(process.execPath);
  });

  it('finds one that exists', () => {
    vi.stubEnv('CHROMIUM_PATH', '');
    vi.stubEnv('CHROME_PATH', '');
    expect(existsSync(findBrowser() ?? '')).toBe(true);
  });

  it('has nothing to say when everything is there, and refuses what it does not know', () => {
    const run = (...flags: string[]) => spawnSync(process.execPath, [ENSURE, ...flags], { encoding: 'utf8' });
    expect(run('--browser')).toMatchObject({ status: 0, stdout: '' });
    expect(run('--brwser')).toMatchObject({ status: 1, stderr: expect.stringContaining('unknown option --brwser') });
  });
});
