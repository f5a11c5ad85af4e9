// The built files of id's pages: a port, because Node reads them from disk and Workers from their assets binding.

export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>
  readonly type: string
  /** Quoted, strong (RFC 9110 §8.8.3). */
  readonly etag: string
  /** The same, compressed, where that is shorter. */
  readonly gzip?: Uint8Array<ArrayBuffer>
}

export interface Assets {
  /** A built file by its path under dist/client, without a leading slash, or null when there is none. Never leaves that folder. */
  get(path: string): Promise<Asset | null> | Asset | null
}
