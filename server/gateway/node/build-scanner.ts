// Compiles the scanner (server/metering/scanner/assembly) to scanner.wasm beside it, without network.
// Usage: node server/gateway/node/build-scanner.ts [output]
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('../../metering/scanner/', import.meta.url))

/** The compiled scanner: the same bytes from the same sources, always. Throws with what the compiler says. */
export async function compileScanner(): Promise<Uint8Array> {
  const { default: asc } = await import('assemblyscript/asc')
  let compiled: Uint8Array | null = null
  const { error, stderr } = await asc.main(
    [
      'assembly/scanner.ts',
      '--outFile=scanner.wasm',
      `--baseDir=${here}`,
      '--optimizeLevel=3',
      '--noAssert',
      '--runtime=stub',
      '--use=abort=',
      '--initialMemory=8',
      '--enable=simd',
    ],
    {
      writeFile: (_name: string, contents: Uint8Array | string) => {
        if (typeof contents !== 'string') compiled = contents
      },
    },
  )
  if (error || compiled === null) throw new Error(`the scanner does not compile:\n${stderr.toString()}`)
  return compiled
}

if (import.meta.main) writeFileSync(process.argv[2] ?? `${here}scanner.wasm`, await compileScanner())
