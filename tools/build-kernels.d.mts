export function compileKernels(entry: string, options?: string[]): Promise<Uint8Array<ArrayBuffer>>;
