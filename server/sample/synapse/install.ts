// A real Synapse for trying Palier out: installed from PyPI into a virtual environment beside the clone, once.
import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The release that Palier is tested with. */
export const SYNAPSE_VERSION = '1.163.2'
const PYTHON_LEAST: readonly [number, number] = [3, 10]

/** What is missing for a local Synapse, in one line for whoever asked for it. */
export class SynapseUnavailable extends Error {}

/**
 * The Python of a virtual environment that has Synapse, made in `folder` when it is not there yet.
 * Throws `SynapseUnavailable` when there is no Python ≥ 3.10 or the installation fails.
 */
export async function installSynapse(folder: string, tell: (line: string) => void): Promise<string> {
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  if (await hasSynapse(python)) return python
  const base = await findPython()
  tell(`Installing Synapse ${SYNAPSE_VERSION} from PyPI into ${folder} (a minute or two, once)…`)
  await step(base, ['-m', 'venv', folder], 'making a virtual environment')
  await step(
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `matrix-synapse[oidc]==${SYNAPSE_VERSION}`],
    'installing Synapse',
  )
  return python
}

/** Asked of the environment itself, so that whoever installed it, and however far, is found. */
async function hasSynapse(python: string): Promise<boolean> {
  try {
    // authlib comes with the extra `oidc`; without it Synapse starts no sign-in.
    const { stdout } = await run(python, [
      '-c',
      'import authlib, importlib.metadata as m; print(m.version("matrix-synapse"))',
    ])
    return stdout.trim() === SYNAPSE_VERSION
  } catch {
    return false
  }
}

async function findPython(): Promise<string> {
  for (const name of ['python3', 'python', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    try {
      const { stdout } = await run(name, ['-c', 'import sys; print(sys.version_info[0], sys.version_info[1])'])
      const [major = 0, minor = 0] = stdout.trim().split(' ').map(Number)
      if (major > PYTHON_LEAST[0] || (major === PYTHON_LEAST[0] && minor >= PYTHON_LEAST[1])) return name
    } catch {
      // Not there under that name: try the next.
    }
  }
  throw new SynapseUnavailable(
    'A local Synapse needs Python 3.10 or newer on the PATH; without it, run `npm start` for the sample homeserver.',
  )
}

function step(command: string, args: readonly string[], what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2000)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else
        reject(new SynapseUnavailable(`${what} failed: ${complaint.trim().split('\n').at(-1) ?? `exit code ${code}`}`))
    })
  })
}
