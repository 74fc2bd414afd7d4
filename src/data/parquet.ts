/** Parquet, as data sets are kept on hubs. What reads it is loaded when the first one comes. */
import { DataError } from './error';
import { tableOf } from './json';
import { checkCount, type Table } from './table';

/** Parquet files begin with PAR1. */
export const isParquet = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x41 && bytes[2] === 0x52 && bytes[3] === 0x31;

/** Columns of bytes, such as pictures, are left out. Throws a DataError where the file cannot be read. */
export async function readParquet(bytes: Uint8Array): Promise<Table> {
  const [{ parquetMetadata, parquetReadObjects }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const file = bytes.slice().buffer;
  try {
    const metadata = parquetMetadata(file);
    checkCount(Number(metadata.num_rows));
    return tableOf((await parquetReadObjects({ file, metadata, compressors })).map(readable));
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(
      'The Parquet file cannot be read: it is damaged or cut off, or written in a way that is not known here.',
      'Fetch it once more, or save it as CSV or JSON lines.',
    );
  }
}

const readable = (record: object) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => !(value instanceof Uint8Array)));
