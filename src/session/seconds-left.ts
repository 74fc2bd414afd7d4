/** How long work of so many equal parts will still take, by what it took so far. */
export class SecondsLeft {
  private readonly began = performance.now();

  constructor(private readonly total: number) {}

  /** Undefined before the first part. */
  after(done: number): number | undefined {
    if (done === 0) return undefined;
    const seconds = (performance.now() - this.began) / 1000;
    return (seconds / done) * (this.total - done);
  }
}
