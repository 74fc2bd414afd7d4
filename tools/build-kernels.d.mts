export function compileKernels(entry: string): Promise<Uint8Array<ArrayBuffer>>;
